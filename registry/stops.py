"""Stops: why an issuer sends nothing, red, until the chain shows that the cause is gone (operation.md)."""

from collections.abc import Sequence

from sqlmodel import Session, col, delete, select

from registry.store.tables import Stop

FOREIGN_NONCE = "foreign_nonce"
NOT_AUTHORISED = "not_authorised"
SEQ_TAKEN = "seq_taken"
ROOT_TAKEN = "root_taken"
FORBIDDEN_MOVE = "forbidden_move"
REVERTED = "reverted"
STATUS_REVERTED = "status_reverted"
LOG_CHANGED = "log_changed"

REASONS: dict[str, tuple[str, str]] = {
    FOREIGN_NONCE: (
        "链上账户发出了不是本系统签署的交易，可能已被盗用，请主管机关停用该账户并登记新账户",
        "the chain account sent a transaction that is not ours, it may be stolen: "
        "the authority has to end it and register the new one",
    ),
    NOT_AUTHORISED: (
        "链上没有登记本进程持有的账户，请主管机关登记",
        "no account that this process holds is registered on the chain: the authority has to register one",
    ),
    SEQ_TAKEN: (
        "链上出现了不是本系统提交的批次，请主管机关停用该账户并作废该批次",
        "a batch that is not ours is anchored: the authority has to end the account and void that batch",
    ),
    ROOT_TAKEN: (
        "本批次的根已被他人占用，请主管机关停用该账户、作废并更正该批次",
        "a batch's root was anchored by a foreign hand: "
        "the authority has to end the account, void that batch and replace it",
    ),
    FORBIDDEN_MOVE: (
        "链上的状态不允许所要求的变更，需要核对",
        "the status on the chain does not allow the change that was asked for: it has to be looked into",
    ),
    REVERTED: (
        "链多次拒绝本批次的交易，原因不明，已暂停重签，需要核对",
        "the chain reverted the batch's transaction again and again, for no known reason: "
        "it is signed anew only when the chain would take it; it has to be looked into",
    ),
    STATUS_REVERTED: (
        "链多次拒绝状态变更的交易，原因不明，已暂停重签，需要核对",
        "the chain reverted the same change of status again and again, for no known reason: "
        "it is signed anew only when the chain would take it; it has to be looked into",
    ),
    LOG_CHANGED: (
        "查询日志与已上链的日志头不符，可能被篡改，请运行 registry audit log 核查",
        "the access log is not what was anchored, it may have been tampered with: run `registry audit log`",
    ),
}


def stop(session: Session, deployment: int, issuer: str, code: str, *, account: str = "", now: int) -> None:
    """Stops an issuer, in the caller's transaction; what stood before stays, with its time."""
    if session.get(Stop, (deployment, issuer, code)) is None:
        zh, en = REASONS[code]
        session.add(
            Stop(
                deployment=deployment,
                issuer=issuer,
                code=code,
                account=account,
                reason_zh=zh,
                reason_en=en,
                since=now,
            )
        )
        session.flush()


def end(session: Session, deployment: int, issuer: str, *codes: str) -> None:
    """Ends stops of an issuer, in the caller's transaction."""
    session.exec(
        delete(Stop).where(
            col(Stop.deployment) == deployment, col(Stop.issuer) == issuer, col(Stop.code).in_(codes)
        )
    )


def standing(session: Session, deployment: int) -> Sequence[Stop]:
    """All stops of a deployment, oldest first."""
    return session.exec(select(Stop).where(Stop.deployment == deployment).order_by(col(Stop.since))).all()
