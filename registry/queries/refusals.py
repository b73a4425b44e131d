"""Why a query is not answered. Each is decided from asker, clerk, matter, type and claims alone."""

from registry.errors import RegistryError
from registry.rights import Denial


class Refused(RegistryError):
    """A query that no issuer answers; the refusal is in the log of each."""

    kind = "not-shared"
    status = 403


class NotShared(Refused):
    """No right allows this question."""

    def __init__(self) -> None:
        super().__init__(
            "没有授权可以依此事由查询该信息。", "No right allows this question for this purpose."
        )


class UnknownMatter(Refused):
    """No rights file knows this matter."""

    kind = "unknown-matter"

    def __init__(self) -> None:
        super().__init__(
            "权责清单中没有这个事项。", "No rights file names this matter: check how it is written."
        )


class RightEnded(Refused):
    """There was, or will be, such a right; not today."""

    kind = "right-ended"

    def __init__(self) -> None:
        super().__init__(
            "该授权不在有效期内，请更新权责清单。", "The right to this question is not in force on this day."
        )


class MissingPurpose(RegistryError):
    """A query names no matter."""

    kind = "missing-purpose"
    status = 422

    def __init__(self) -> None:
        super().__init__("请写明查询所办事项。", "Name the matter that the query is for.")


class BadQuery(RegistryError):
    """The question cannot be put like that."""

    kind = "bad-query"
    status = 422


class NothingShown(RegistryError):
    """The request that a query refers to was not answered by showing one holder's identifier."""

    kind = "nothing-shown"
    status = 422

    def __init__(self) -> None:
        super().__init__(
            "所引用的出示请求中没有有效出示的、唯一的持证主体号码。",
            "That request was not answered with valid certificates that show the identifier of one holder.",
        )


class NoSuchHolder(RegistryError):
    """No holder can have this identifier: its type is unknown, or its check digit is wrong.

    Whether anybody has a number that is well made is never said: that is a "no" like any other.
    """

    kind = "no-such-holder"
    status = 422

    def __init__(self) -> None:
        super().__init__(
            "不存在这样的证件号码，请核对。", "No holder can have such a number: check type and digits."
        )


def denied(why: Denial) -> Refused:
    """The refusal that a denial is told as."""
    return {"unknown-matter": UnknownMatter, "right-ended": RightEnded, "not-shared": NotShared}[why]()


class SecondPersonNeeded(Refused):
    """This claim of this holder was compared within the last 30 days: once more counts as bulk."""

    kind = "second-person-needed"

    def __init__(self) -> None:
        super().__init__(
            "三十日内已比对过同一信息项，再次比对须经另一名工作人员批准。",
            "The same claim was compared within 30 days: a second clerk must approve another comparison.",
        )


class ComparedBefore(Refused):
    """The case has compared this claim of this holder with something else."""

    kind = "compared-before"
    status = 409

    def __init__(self) -> None:
        super().__init__(
            "本案件已比对过该信息项，每案每项只能比对一次。",
            "This case has compared this claim before: one comparison a claim, holder and case.",
        )


class SourceUnknown(Refused):
    """The case has not proven that value, nor did the holder state it."""

    kind = "source-unknown"

    def __init__(self) -> None:
        super().__init__(
            "本案件中没有该比对值的来源，请先由当事人填报或出示。",
            "The case has no such value from that source: let the holder state or show it first.",
        )


class MandateFallsShort(Refused):
    """The mandate does not cover this question, or is not in force."""

    kind = "mandate-falls-short"

    def __init__(self) -> None:
        super().__init__(
            "授权委托不包含该事项或信息项，或已失效。",
            "The mandate does not cover this matter or claim, or is not in force.",
        )
