"""What is told of requests to wallets: one that was made, what became of it, and why there is none."""

from dataclasses import dataclass

from registry.errors import RegistryError
from registry.walletanswers import Presented


class RequestOver(RegistryError):
    """The request was answered, refused, or has expired."""

    kind = "request-over"

    def __init__(self) -> None:
        super().__init__("该请求已结束，请重新发起。", "The request is over; a new one is needed.")


class TooManyRequests(RegistryError):
    """This department has too many requests open."""

    kind = "too-many-requests"
    status = 429

    def __init__(self) -> None:
        super().__init__("未完成的请求过多，请稍后再试。", "Too many requests are open; try again later.")


class UnsuitableWallet(RegistryError):
    """The wallet says that it cannot answer this request."""

    kind = "unsuitable-wallet"
    mender = "holder"

    def __init__(self) -> None:
        super().__init__("该钱包不支持所要求的证照格式。", "The wallet knows no format that is asked for.")


@dataclass(frozen=True, slots=True, repr=False)
class MadeRequest:
    """A request, made. id: a secret. link: for a wallet, as link or QR. expires: Unix seconds."""

    id: str
    link: str
    request_uri: str
    expires: int


@dataclass(frozen=True, slots=True, repr=False)
class Taken:
    """An answer was taken. back: where the wallet sends its user next. code: to bring to the challenge
    endpoint (`presentation_during_issuance_session`)."""

    back: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request.

    state: `open`, `answered`, `refused` or `expired`. satisfied: everything required was shown, is valid and
    was agreed to. error: the wallet's, where it refused. fetched: whether a wallet took the request.
    """

    id: str
    state: str
    expires: int
    fetched: bool = False
    satisfied: bool = False
    presented: tuple[Presented, ...] = ()
    error: str = ""
    answered_at: int | None = None
