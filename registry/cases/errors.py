"""What goes wrong with a case."""

from registry.errors import NotAllowed, NotFound, RegistryError


class NoSuchCase(NotFound):
    """There is no case of that number that this caller may see."""

    kind = "no-such-case"

    def __init__(self) -> None:
        super().__init__("没有这个办件。", "There is no such case.")


class BadInput(RegistryError):
    """What was stated does not fit the matter."""

    kind = "bad-case-input"
    status = 422

    def __init__(self, name: str, zh: str, en: str) -> None:
        super().__init__(f"{name}：{zh}", f"{name}: {en}")


class WrongState(NotAllowed):
    """The case is not in a state for that."""

    kind = "case-state"

    def __init__(
        self,
        zh: str = "办件目前的状态不能这样办理。",
        en: str = "The case is not in a state for that.",
    ) -> None:
        super().__init__(zh, en)


class NotOwnStep(WrongState):
    """A department has no step of that name in this case, whether or not another has."""

    def __init__(self) -> None:
        super().__init__(
            "这不是本部门在该办件中的环节。", "Your department has no step of that name in this case."
        )


class StepWaits(WrongState):
    """A department's own step has not begun."""

    def __init__(self) -> None:
        super().__init__("本部门的环节尚未开始。", "Your department's step has not begun yet.")


class StepAnswered(WrongState):
    """A department has said what its step says. agreed: that; moment: when, as it is written."""

    def __init__(self, *, agreed: bool, moment: str) -> None:
        zh, en = ("同意", "agreed") if agreed else ("不同意", "objected")
        super().__init__(
            f"本部门已于 {moment} 答复：{zh}。", f"Your department has answered already: {en}, {moment}."
        )


class AnotherPerson(NotAllowed):
    """What was shown is of somebody who is not this party of the case."""

    kind = "another-person"

    def __init__(self) -> None:
        super().__init__(
            "所出示证照的持证人不是本办件的该当事人。", "Shown by somebody else than this party."
        )


class SheetOfAnotherCase(NotAllowed):
    """A signed sheet counts in the case that it was taken in for, and in no other."""

    kind = "sheet-of-another-case"

    def __init__(self) -> None:
        super().__init__(
            "这份承诺书属于另一办件，请就本办件另行签署。",
            "This sheet was signed for another case: let the party sign one for this case.",
        )


class TookCopy(NotAllowed):
    """This clerk took a copy on paper, which rests on that one's eyes alone."""

    kind = "took-the-copy"

    def __init__(self) -> None:
        super().__init__(
            "收取纸质复制件的经办人不能决定本办件，请由另一名工作人员决定。",
            "Who took a copy on paper does not decide this case: let another clerk.",
        )


class CertificateHeld(NotAllowed):
    """Another case holds the certificate until it ends."""

    kind = "certificate-held"

    def __init__(self) -> None:
        super().__init__(
            "该证照正用于另一办件，待其办结后再办。", "Another case holds this certificate until it ends."
        )


class NotStanding(NotAllowed):
    """A certificate that the decision rests on is not in force any more, or that could not be seen."""

    kind = "not-standing"

    def __init__(self) -> None:
        super().__init__(
            "决定所依据的证照现已不能确认有效。", "A certificate that the decision rests on stands no more."
        )


class NoSuchOffice(RegistryError):
    """The town has no department of that short name."""

    kind = "no-such-office"
    status = 503
    mender = "operator"

    def __init__(self, alias: str) -> None:
        super().__init__(f"本地没有设置部门 {alias}。", f"No department is set for {alias} here.")
