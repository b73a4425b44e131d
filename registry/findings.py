"""What a check can find: an outcome, its line in both languages, and what mends it. Never a claim's value."""

from enum import StrEnum
from typing import NamedTuple

from registry.lifecycle import REASONS, Status


class Outcome(StrEnum):
    """What a check found."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "n/a"


class Advice(NamedTuple):
    """What to do next, in both languages."""

    zh: str
    en: str


class Finding(NamedTuple):
    """An outcome and its line in both languages; never a claim's value. advice: what mends it."""

    outcome: Outcome
    zh: str
    en: str
    advice: Advice | None = None


def passed(zh: str, en: str) -> Finding:
    """A finding: as it should be."""
    return Finding(Outcome.PASS, zh, en)


def failed(zh: str, en: str, advice: Advice | None = None) -> Finding:
    """A finding: a contradiction."""
    return Finding(Outcome.FAIL, zh, en, advice)


def unknown(zh: str, en: str, advice: Advice | None = None) -> Finding:
    """A finding: data to judge by are missing or too old."""
    return Finding(Outcome.UNKNOWN, zh, en, advice)


def with_reason(finding: Finding, code: str) -> Finding:
    """With the department's term for a reason code, where there is one."""
    reason = REASONS.get(code)
    if reason is None:
        return finding
    return finding._replace(zh=f"{finding.zh}：{reason.zh}", en=f"{finding.en}: {reason.en}")


NEWER_TRUST = Advice("更新信任资料后再核验。", "Get newer trust data and check again.")
CLAIM_AGAIN = Advice("请持证人重新领取凭证。", "The holder should claim the credential again.")
SHOW_AGAIN = Advice("请持证人重新出示。", "The holder should show it again.")
WAIT = Advice("稍等片刻再核验。", "Wait a moment and check again.")
ASK_ISSUER = Advice("不要采用；请联系颁发机构核实。", "Do not accept it; ask the issuer.")

PARSED = passed("格式符合规定", "has the agreed form")
NOT_PARSED = failed("格式不符合规定，或超过大小限制", "has not the agreed form, or is too large", SHOW_AGAIN)
NOT_EXAMINED = unknown("未能读出，未检查", "not examined: it could not be read")

DISCLOSED = passed("出示的各项都属于本证照", "every claim shown belongs to this certificate")
DISCLOSED_TWICE = failed("有信息项重复出示", "a claim is shown twice", ASK_ISSUER)
FOREIGN_CLAIM = failed(
    "有信息项不属于本证照，可能被改动", "a claim shown is not this certificate's: altered", ASK_ISSUER
)

LEADS = passed("上链凭据与证照相符", "the receipt leads from this certificate to a root")
LEADS_NOWHERE = failed("上链凭据残缺或与位置不符", "the receipt's path does not fit its position", ASK_ISSUER)

ANCHORED = passed("已由颁发机构上链存证", "anchored on the chain by its issuer")
YOUNG = unknown("刚刚上链，等待确认", "anchored a moment ago, not final yet", WAIT)
VOIDED = failed("所在批次已被主管机关作废", "its batch was voided by the authority", CLAIM_AGAIN)
REPLACED = failed("所在批次已被替换", "its batch was replaced", CLAIM_AGAIN)
OTHER_ROOT = failed("与链上存证不符", "the chain has another root for this batch", ASK_ISSUER)
UNKNOWN_BATCH = unknown("尚无该批次的链上资料", "this batch is not in the trust data", NEWER_TRUST)

HAD_RIGHT = passed(
    "上链时颁发机构有权颁发此类证照", "its issuer had the right to this type when it was anchored"
)
NO_RIGHT = failed(
    "上链时颁发机构无权颁发此类证照", "its issuer had no right to this type when it was anchored", ASK_ISSUER
)
RIGHT_UNKNOWN = unknown(
    "未确认上链时间，无法判断颁发权限", "no anchor to judge the right to issue by", NEWER_TRUST
)

SIGNED = passed("颁发机构的签名有效", "signed by its issuer")
ISSUER_UNKNOWN = unknown("信任资料中没有该颁发机构", "its issuer is not in the trust data", NEWER_TRUST)
NOT_THE_ISSUER = failed(
    "签名机构既非颁发机构，也非其承继机构", "signed by another than its issuer or a successor", ASK_ISSUER
)
KEY_UNKNOWN = unknown("签名密钥晚于信任资料", "the signing key may be newer than the trust data", NEWER_TRUST)
FOREIGN_KEY = failed("签名密钥不属于颁发机构", "the signing key is not its issuer's", ASK_ISSUER)
WRONG_USE = failed("该密钥不得用于签发凭证", "the key may not sign credentials", ASK_ISSUER)
COMPROMISED = failed("签名密钥已泄露", "the signing key was compromised", CLAIM_AGAIN)
OUTSIDE_WINDOW = failed("签名时间不在密钥有效期内", "signed outside the key's time", CLAIM_AGAIN)
RETIRED = failed("签名密钥停用已超过三十天", "the signing key was retired over 30 days ago", CLAIM_AGAIN)
NO_SM = unknown(
    "签名使用国密 SM2，本机没有安装相应的算法库",
    "signed with SM2, which this installation does not have",
    Advice("请安装国密算法库后再核验。", "Install the extra `sm` and check again."),
)
BAD_SIGNATURE = failed("签名不成立", "the signature is wrong", ASK_ISSUER)
OTHER_X5C = failed(
    "所附密钥证书与签名密钥不符", "the key certificate brought along is another key's", ASK_ISSUER
)

STANDS = passed("未被撤销、暂停或换发", "not revoked, suspended or superseded")
STATUS_UNKNOWN = unknown("缺少状态资料", "no status data at hand", NEWER_TRUST)
STATUS_STALE = unknown("状态资料已过时", "the status data are too old", NEWER_TRUST)
NO_HISTORY = unknown("缺少当时的状态记录", "no status history of that time", NEWER_TRUST)
STANDS_THEN = passed("当时未被撤销、暂停或换发", "not revoked, suspended or superseded at that time")
VOID_BY_LATER = failed(
    "后来的决定自当时或更早起生效", "a later decision takes effect from before that time", ASK_ISSUER
)
FOREIGN_LIST = failed("状态条目不属于该颁发机构", "the status entry is not its issuer's", ASK_ISSUER)
NEWER_VERSION = Advice("请持证人出示新版证照。", "The holder should show the newer version.")
DO_NOT_ACCEPT = Advice("不能采用。", "It cannot be accepted.")
STATUS_LINES = {
    Status.REVOKED: failed("证照已被撤销", "the certificate was revoked", DO_NOT_ACCEPT),
    Status.SUSPENDED: failed("证照已被暂停", "the certificate is suspended", DO_NOT_ACCEPT),
    Status.SUPERSEDED: failed("证照已有新版", "a newer version has taken its place", NEWER_VERSION),
}
ENTRY_LINES = {
    Status.REVOKED: failed("该凭证已停用", "this credential was withdrawn", CLAIM_AGAIN),
    Status.SUSPENDED: failed("该凭证已暂停", "this credential is suspended", DO_NOT_ACCEPT),
    Status.SUPERSEDED: failed(
        "该凭证已被新版取代", "this credential's certificate has a newer version", NEWER_VERSION
    ),
}

PARTS_STAND = passed(
    "本证和各组成证照均未被撤销、暂停或换发",
    "neither it nor any of its parts was revoked, suspended or superseded",
)
PARTS_STOOD = passed(
    "当时本证和各组成证照均未被撤销、暂停或换发",
    "neither it nor any of its parts was revoked, suspended or superseded at that time",
)
PARTS_NOT_SHOWN = unknown(
    "未出示各组成证照的状态位置，无法判断组成证照是否有效",
    "not shown where the status of its parts stands: they cannot be judged",
    Advice("请持证人连同该项一并出示。", "The holder should show that claim too."),
)
PART_LINES = {
    Status.REVOKED: failed("组成证照“{part}”已被撤销", "its part “{part}” was revoked", DO_NOT_ACCEPT),
    Status.SUSPENDED: failed("组成证照“{part}”已被暂停", "its part “{part}” is suspended", DO_NOT_ACCEPT),
    Status.SUPERSEDED: unknown(
        "组成证照“{part}”已有新版，本证未载明新版是否有效",
        "its part “{part}” has a newer version, of which this certificate does not tell whether it stands",
        Advice(
            "请持证人换领综合许可证，或另行出示该组成证照的新版。",
            "The holder should renew this one, or show the newer version of that part beside it.",
        ),
    ),
}
PART_UNKNOWN = unknown(
    "缺少组成证照“{part}”的状态资料", "no status data of its part “{part}” at hand", NEWER_TRUST
)
PART_STALE = unknown(
    "组成证照“{part}”的状态资料已过时", "the status data of its part “{part}” are too old", NEWER_TRUST
)
PART_VOID_BY_LATER = failed(
    "后来对组成证照“{part}”的决定自当时或更早起生效",
    "a later decision on its part “{part}” takes effect from before that time",
    ASK_ISSUER,
)

IN_TIME = passed("在有效期内", "within its validity")
EXPIRED = failed(
    "证照已过期", "the certificate has expired", Advice("请办理延续或换证。", "It has to be extended.")
)
NOT_BEGUN = failed("证照尚未生效", "the certificate is not yet in force", DO_NOT_ACCEPT)
CREDENTIAL_EXPIRED = failed("凭证已过期", "the credential has expired", CLAIM_AGAIN)
CREDENTIAL_NOT_BEGUN = failed("凭证尚未生效", "the credential is not yet in force", SHOW_AGAIN)

BOUND = passed("由持证人本人钱包此刻出示", "shown by its holder's wallet, here and now")
ANSWERS = passed("是对本部门这次查询的答复", "answers this department's question")
NOT_BOUND = Finding(
    Outcome.NOT_APPLICABLE,
    "副本不含持有人签名，请核对本人",
    "a copy is not bound to its holder: compare the person",
)
OTHER_KIND = failed("此处不接受这种出示方式", "this kind of presentation is not accepted here", SHOW_AGAIN)
NO_BINDING = failed("缺少持证人钱包的签名", "the holder's wallet has not signed", SHOW_AGAIN)
WRONG_BINDING = failed("持证人钱包的签名不成立", "the holder's signature is wrong", ASK_ISSUER)
OTHER_AUDIENCE = failed("不是向本方出示的", "shown to somebody else", SHOW_AGAIN)
OTHER_NONCE = failed("不是对本次请求的出示", "answers another request", SHOW_AGAIN)
TOO_OLD = failed("出示已超时", "shown too long ago", SHOW_AGAIN)
OTHER_HOLDER = failed(
    "不是所查询的持证主体或证照", "about another holder or certificate than asked for", ASK_ISSUER
)
NOT_ASKED = unknown("未说明由谁查询、查询何人", "not said who asked, and about whom")

FITS = passed("符合登记的证照类型", "fits the type as registered on the chain")
TYPE_UNKNOWN = unknown("信任资料中没有该证照类型", "its type is not in the trust data", NEWER_TRUST)
OTHER_DEFINITION = failed("类型定义与链上登记不符", "the type's definition is not the chain's", NEWER_TRUST)
OTHER_TYPE = failed(
    "凭证所称类型与证照不符", "the credential names another type than its certificate", ASK_ISSUER
)
NOT_IN_FORCE = failed("上链时该版类型未施行", "that version of the type was not in force then", ASK_ISSUER)
MISFIT = failed("信息项不符合证照类型", "a claim does not fit the type", ASK_ISSUER)
NOT_ON_PAPER = failed(
    "副本含有不得印出的信息项", "the copy shows a claim that may not be on paper", ASK_ISSUER
)
ANCHOR_UNKNOWN = unknown(
    "未确认上链时间，无法判断类型版本", "no anchor to judge the type's version by", NEWER_TRUST
)
