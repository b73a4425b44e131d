"""What goes wrong with tasks and objections."""

from registry.errors import NotAllowed, NotFound, RegistryError


class NoSuchTask(NotFound):
    """There is no task of that name that this department may see."""

    kind = "no-such-task"

    def __init__(self) -> None:
        super().__init__("没有这项任务。", "There is no such task.")


class TaskDone(NotAllowed):
    """The task was finished before; an outcome is not changed."""

    kind = "task-done"

    def __init__(self) -> None:
        super().__init__("该任务已办结。", "This task is done already.")


class BadOutcome(NotAllowed):
    """The outcome does not fit the task, or lacks what it needs."""

    kind = "bad-outcome"
    status = 422

    def __init__(self) -> None:
        super().__init__(
            "办结方式与任务不符：维持不变须写明理由，更正须写明更正后的证照标识。",
            "This outcome does not fit: `kept` needs a reason, `corrected` the version that corrects.",
        )


class NothingToObject(NotFound):
    """No certificate of this holder, or no answer that this department was given, by that name."""

    kind = "nothing-to-object"

    def __init__(self) -> None:
        super().__init__(
            "没有可提出异议的证照或答复。",
            "There is no such certificate of yours, nor such an answer to you.",
        )


class ObjectionOpen(NotAllowed):
    """The same was objected to, and is not decided yet."""

    kind = "objection-open"

    def __init__(self) -> None:
        super().__init__(
            "对同一内容的异议正在处理中。", "You have objected to this already; it is being looked at."
        )


class BadObjection(RegistryError):
    """The words, or the claims named, do not fit."""

    kind = "bad-objection"
    status = 422

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"异议：{zh}", f"The objection: {en}")


class BadCorrection(NotAllowed):
    """What is named is no version that was issued as `corrected` after the objection."""

    kind = "bad-correction"
    status = 422

    def __init__(self) -> None:
        super().__init__(
            "所写标识不是异议之后以“更正”颁发的新版本。",
            "That is no version of the certificate that was issued as `corrected` since.",
        )
