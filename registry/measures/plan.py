"""The measures as data: what each is called, how it is worked out, where the plan says it was and shall be.

Pure; docs/measures.md shows this table. A baseline and a target are the plan's; whatever stands beside them
was counted.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, NamedTuple

Better = Literal["higher", "lower"]


class Unit(StrEnum):
    """percent, per_hundred: 100 × part ÷ whole. times, working_days, seconds: part ÷ whole. count: part."""

    PERCENT = "percent"
    PER_HUNDRED = "per_hundred"
    TIMES = "times"
    WORKING_DAYS = "working_days"
    SECONDS = "seconds"
    COUNT = "count"

    @property
    def is_share(self) -> bool:
        """Whether it says how many of a hundred."""
        return self in (Unit.PERCENT, Unit.PER_HUNDRED)


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure.

    better: which way is good. baseline, target: the plan's; green is the target. yellow: the worst value that
    is not red. at_least: what is counted here is a lower bound.
    """

    name: str
    zh: str
    en: str
    formula_zh: str
    formula_en: str
    unit: Unit
    better: Better
    baseline: float | None = None
    target: float | None = None
    yellow: float | None = None
    at_least: bool = False


class Unmeasured(NamedTuple):
    """What the plan or a reader would ask for, and why nothing here can say it."""

    name: str
    zh: str
    en: str
    why_zh: str
    why_en: str


PLAN: Final = (
    Measure(
        "repeated_materials",
        "材料重复提交率",
        "materials handed in again",
        "已办结办件中：（部门已有却以文件提交的材料 + 此前办件已交过的同类文件 + 群众反映的重复索要）÷ "
        "全部材料 × 100",
        "of finished cases: (documents of a kind that departments certify + documents of a kind handed "
        "in for an earlier case + reports of being asked again) ÷ all materials × 100",
        Unit.PER_HUNDRED,
        "lower",
        45,
        9,
        27,
    ),
    Measure(
        "certificates_used",
        "电子证照应用率",
        "certificates used",
        "已办结办件中：以核验有效的电子证照证明的材料 ÷ 有电子证照可证明的材料（含承诺后补、"
        "纸质提交和反映的重复索要）× 100",
        "of finished cases: materials proven by a certificate found valid ÷ materials that a "
        "certificate could prove (promised, handed in on paper and reported ones too) × 100",
        Unit.PERCENT,
        "higher",
        70,
        95,
        82.5,
    ),
    Measure(
        "data_shared",
        "数据共享率",
        "data shared",
        "部门间协查决定中：答复“是”或“否” ÷（是 + 否 + 不予提供 + 无权限拒绝）× 100；待答复和超限制止的不计",
        "of decisions on other departments' queries: yes or no ÷ (yes + no + withheld + refused for "
        "want of a right) × 100; pending ones and those stopped by a limit do not count",
        Unit.PERCENT,
        "higher",
        None,
        95,
        90,
    ),
    Measure(
        "wholly_online",
        "全程网办率",
        "wholly online",
        "已办结办件中：由当事人自行网上发起的 ÷ 全部 × 100",
        "finished cases that the holder opened, not a clerk ÷ all finished cases × 100",
        Unit.PERCENT,
        "higher",
        76.3,
        90,
        83.15,
    ),
    Measure(
        "trips",
        "跑动次数",
        "trips",
        "已办结办件中：窗口发起的件数（每件计一次）÷ 全部；其后的跑动没有记录，故为下限",
        "finished cases opened at a window (one trip each) ÷ all finished cases; later trips are "
        "recorded nowhere, so this is a lower bound",
        Unit.TIMES,
        "lower",
        3,
        0,
        1,
        at_least=True,
    ),
    Measure(
        "working_days",
        "办理时限",
        "working days",
        "已办结办件从发起次日到办结日的工作日之和 ÷ 件数",
        "working days from the day after a case was opened to the day it ended, summed ÷ finished cases",
        Unit.WORKING_DAYS,
        "lower",
        15,
        6,
        10.5,
    ),
    Measure(
        "data_accuracy",
        "数据准确率",
        "data accuracy",
        "（期内上链证照 − 其中至今被更正或错发作废的）÷ 期内上链证照 × 100；异议成立即更正，计入其中",
        "(certificates batched in the period − those of them corrected or issued in error up to now) ÷ "
        "certificates batched × 100; an objection that is upheld is such a correction",
        Unit.PERCENT,
        "higher",
        None,
        99,
        98,
    ),
    Measure(
        "satisfaction",
        "满意率（好差评）",
        "satisfaction",
        "期内评价中：三星及以上（非常满意、满意、基本满意）÷ 全部评价 × 100；每件办结后评一次",
        "ratings of three stars or more (very satisfied, satisfied, on the whole satisfied) ÷ ratings "
        "× 100; one a finished case",
        Unit.PERCENT,
        "higher",
        92,
        98,
        95,
    ),
    Measure(
        "decided_by_rule",
        "秒批率",
        "decided in seconds",
        "已办结办件中：由规则决定、无人介入的 ÷ 有决定的 × 100",
        "of finished cases with a decision: decided by the rule and no person ÷ all × 100",
        Unit.PERCENT,
        "higher",
    ),
    Measure(
        "reversals",
        "人工改判率",
        "reversals",
        "规则已准予、又经人审看（抽中或申请复核）的办件中：人的决定不同的 ÷ 全部 × 100",
        "of grants by the rule that a person looked at, drawn or reviewed: those decided otherwise ÷ "
        "all × 100",
        Unit.PER_HUNDRED,
        "lower",
    ),
    Measure(
        "commitments_kept",
        "承诺履约率",
        "promises kept",
        "期内到头的承诺中：按期补交的 ÷（补交 + 逾期）× 100",
        "promises that ended in the period: kept ÷ (kept + overdue) × 100",
        Unit.PERCENT,
        "higher",
    ),
    Measure(
        "types_issued",
        "证照类型覆盖率",
        "coverage by type",
        "权责清单所列可颁发的类型中：已有有效证照的 ÷ 全部 × 100",
        "types that the department's rights file lets it issue: those with a certificate in force ÷ "
        "all × 100",
        Unit.PERCENT,
        "higher",
    ),
    Measure(
        "in_wallets",
        "入包率",
        "in wallets",
        "未撤销、未换新的证照中：至少有一个钱包持有有效凭证的 ÷ 全部 × 100（过期的未剔除）",
        "certificates neither revoked nor superseded: those of which some wallet holds a live "
        "credential ÷ all × 100 (expired ones are not taken out)",
        Unit.PERCENT,
        "higher",
    ),
    Measure(
        "answer_days",
        "协查答复用时",
        "time to answer others",
        "期内决定的有条件共享请求：从收到到决定的工作日之和 ÷ 件数；无条件共享的当场答复",
        "requests for what is shared on conditions that were decided: working days from arrival to "
        "decision, summed ÷ requests; what is shared without conditions is answered at once",
        Unit.WORKING_DAYS,
        "lower",
    ),
    Measure(
        "answered_in_time",
        "按时答复率",
        "answered in time",
        "期内决定或到期未决的有条件共享请求中：十个工作日内决定的 ÷ 全部 × 100",
        "requests for what is shared on conditions, decided or fallen due: decided within ten working "
        "days ÷ all × 100",
        Unit.PERCENT,
        "higher",
    ),
    Measure(
        "anchor_lag",
        "上链时延",
        "anchor lag",
        "期内上链批次中：每批首张证照（等得最久的）从签发到区块时间的秒数之和 ÷ 批数",
        "batches whose block came in the period: seconds from the issue of a batch's first "
        "certificate, which waited longest, to the block's time, summed ÷ batches",
        Unit.SECONDS,
        "lower",
    ),
    Measure(
        "asked_again",
        "反映重复索要",
        "asked again though you have it",
        "期内群众反映“部门已有还让我交”的次数，每件每项一次",
        "reports of being asked for what a department has, one a case and item",
        Unit.COUNT,
        "lower",
    ),
)
"""In the order in which they are shown: the plan's eight first."""

UNMEASURED: Final = (
    Unmeasured(
        "holders_due",
        "应持证人数覆盖率",
        "coverage of those who ought to hold a certificate",
        "本系统不知道应当持证的总人数",
        "the registry does not know how many people there are who ought to hold one",
    ),
    Unmeasured(
        "paper_counters",
        "系统外窗口的重复材料",
        "materials handed in again at counters outside this system",
        "未作为办件在此办理的事项没有记录",
        "what is not handled as a case here leaves no record",
    ),
    Unmeasured(
        "later_trips",
        "同一办件的第二次及以后跑动",
        "second and later trips for one case",
        "窗口来访没有登记，只知道办件在窗口还是网上发起",
        "visits are not registered; only where a case was opened is known",
    ),
    Unmeasured(
        "errors_unseen",
        "未被发现的数据差错",
        "errors that nobody has found",
        "准确率只能计入已更正或错发作废的",
        "accuracy can only count what was corrected or taken as issued in error",
    ),
    Unmeasured(
        "unrated",
        "未作评价者的满意程度",
        "what those think who rated nothing",
        "好差评出于自愿",
        "ratings are given freely",
    ),
)
"""What is not measured here, ever; a run may add what it could not open."""


def named(name: str) -> Measure | None:
    """The measure of that name."""
    return next((each for each in PLAN if each.name == name), None)
