"""Names, roads and trades of the town; · and rare characters (GB 18030-2022) among them."""

from random import Random

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
COMPOUND_SURNAMES = ("欧阳", "司徒", "上官", "诸葛", "令狐", "司马")
MEN = "伟强磊军勇杰涛明超刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林欢阳建海峰志国文博睿泽轩辰航毅恒诚安康"
WOMEN = "芳娜敏静丽娟艳玲秀英霞燕红梅兰萍云洁莉颖雪琳晶玉倩欣怡佳婷慧雅萱涵月悦诗琪梦瑶思蓉宁馨妍菲岚荷"
RARE = "䶮𠮷㛃堃喆𬭎㵘彧翀龘𫖯奡"
UYGHUR_MEN = (
    "阿卜杜拉",
    "买买提",
    "艾力",
    "吐尔逊",
    "库尔班",
    "依明江",
    "玉素甫",
    "阿不都热合曼",
    "伊力哈木",
)
UYGHUR_WOMEN = ("古丽娜尔", "阿依古丽", "热依汗", "帕提古丽", "米热古丽", "迪丽拜尔", "祖丽菲娅")
TIBETAN_MEN = ("扎西多吉", "次仁顿珠", "索朗旺堆", "格桑平措", "洛桑尼玛", "丹增")
TIBETAN_WOMEN = ("卓玛", "央金拉姆", "格桑曲珍", "次仁德吉", "白玛措", "尼玛拉姆")
ETHNICITIES = ("壮", "回", "满", "苗", "土家", "瑶", "侗", "蒙古")

TOWN = "榕州市"
DISTRICTS = {
    "440103": "东湖区",
    "440104": "西关区",
    "440105": "河阳区",
    "440106": "云岭区",
    "440111": "江北区",
    "440112": "南港区",
    "440113": "番山区",
}
"""Area codes are real ones (GB/T 2260), so that numbers check; the town and its districts are not."""

ELSEWHERE = {
    "110102": "北京市西城区",
    "310101": "上海市黄浦区",
    "420102": "湖北省武汉市江岸区",
    "430102": "湖南省长沙市芙蓉区",
    "450102": "广西壮族自治区南宁市兴宁区",
    "510104": "四川省成都市锦江区",
    "610102": "陕西省西安市新城区",
}
UYGHUR_HOME = ("653101", "新疆维吾尔自治区喀什市")
TIBETAN_HOME = ("540102", "西藏自治区拉萨市城关区")

ROADS = (
    "榕荫路",
    "江湾大道",
    "文昌路",
    "中山路",
    "荔枝巷",
    "学府路",
    "滨江东路",
    "迎宾大道",
    "长堤路",
    "石桥街",
)
PLACES = ("锦绣花园", "江畔雅苑", "云山居", "东风新村", "", "", "")
WORDS = "恒通盛华瑞丰德隆广源兴达宏泰嘉禾鼎新卓越博远启明安信永昌金桥百川天成和顺"
TRADES: dict[str, tuple[str, str]] = {
    "餐饮管理": ("餐饮服务；食品销售；餐饮管理；会议及展览服务", "food"),
    "食品": ("食品销售；食品生产；农副产品销售；货物进出口", "food"),
    "茶业": ("茶叶销售；茶具销售；食品互联网销售", "food"),
    "建筑工程": ("建设工程施工；建筑劳务分包；工程管理服务；建筑材料销售", "building"),
    "市政园林": ("市政设施管理；园林绿化工程施工；建设工程施工；土石方工程施工", "building"),
    "信息技术": ("软件开发；信息系统集成服务；技术服务、技术开发、技术咨询", ""),
    "贸易": ("国内贸易代理；日用百货销售；服装服饰批发；货物进出口", ""),
    "物流": ("道路货物运输（不含危险货物）；装卸搬运；国内货物运输代理", ""),
    "文化传播": ("组织文化艺术交流活动；广告设计、代理；摄影扩印服务", ""),
    "医疗器械": ("第一类医疗器械销售；第二类医疗器械销售；消毒剂销售", ""),
    "机械制造": ("通用设备制造；机械零件、零部件加工；机械设备租赁", ""),
    "物业服务": ("物业管理；停车场服务；建筑物清洁服务；家政服务", ""),
}
OCCUPATIONS = (
    "教师",
    "工程师",
    "护士",
    "司机",
    "店员",
    "会计",
    "工人",
    "农民",
    "公务员",
    "个体经营者",
    "厨师",
)


def surname(random: Random) -> str:
    """A Han surname, now and then a compound one."""
    return random.choice(COMPOUND_SURNAMES) if random.random() < 0.01 else random.choice(SURNAMES)


def given_name(random: Random, *, man: bool) -> str:
    """One or two characters, now and then a rare one."""
    characters = MEN if man else WOMEN
    given = "".join(random.choice(characters) for _ in range(random.choice((1, 2, 2, 2))))
    return given[:-1] + random.choice(RARE) if random.random() < 0.012 else given


def foreign_script_name(random: Random, ethnicity: str, *, man: bool) -> str:
    """A Uyghur name with its father's after the dot, or a Tibetan one without."""
    if ethnicity == "藏":
        return random.choice(TIBETAN_MEN if man else TIBETAN_WOMEN)
    return f"{random.choice(UYGHUR_MEN if man else UYGHUR_WOMEN)}·{random.choice(UYGHUR_MEN)}"


def address(random: Random, district: str) -> str:
    """A street address in the town."""
    road, place = random.choice(ROADS), random.choice(PLACES)
    house = f"{place}{random.randint(1, 18)}栋" if place else ""
    room = f"{random.randint(1, 32)}{random.randint(1, 8):02d}房"
    return f"{TOWN}{district}{road}{random.randint(1, 480)}号{house}{room}"
