"""What departments and holders send about cases, and the parts of answers that are no case."""

from base64 import b64encode
from typing import Annotated, Any, Final, Literal

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from api.bodies import media_type
from api.department_views import Holder
from registry import pictures
from registry.cases import Verdict
from registry.cases.documents import MEDIA
from registry.cases.shown import Lacking
from registry.requesting import MadeRequest

NUMBER: Final = "20261124K2QF0MZ3A"
UPLOADED: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "The file itself, 1 byte to 5 MB.",
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA},
    }
}
"""What the OpenAPI document says of a document's body."""
READ: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA}}
}
Inputs = Annotated[
    dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=2_000)]],
    Field(max_length=60, description="What is stated, by name, as the matter has it."),
]


Clerk = Annotated[str, Field(min_length=1, max_length=80, description="Who does it.")]
Seen = Annotated[
    str, Field(min_length=1, max_length=80, description="How the person was known.", examples=["card"])
]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NamedParty(Holder):
    """Who a party is, where that is known at the window. It travels in bodies only."""

    role: str = Field(max_length=64, examples=["operator"])

    def __repr__(self) -> str:
        return "NamedParty()"


class OpenAtWindow(_Sent):
    """A case to be opened at a window."""

    matter: str = Field(max_length=64, examples=["open_restaurant"])
    clerk: str = Field(min_length=1, max_length=80)
    inputs: Inputs = {}
    parties: list[NamedParty] = Field(
        default=[], max_length=20, description="Who shows something later must be that one."
    )

    @property
    def named(self) -> dict[str, list[tuple[str, str]]]:
        """Identifiers by role."""
        found: dict[str, list[tuple[str, str]]] = {}
        for each in self.parties:
            found.setdefault(each.role, []).append(each.pair)
        return found


class OpenFromWallet(_Sent):
    """A case that a holder begins. role: the part that is one's own."""

    matter: str = Field(max_length=64, examples=["open_restaurant"])
    role: str = Field(max_length=64, examples=["operator"])
    inputs: Inputs = {}


class OpenedView(BaseModel):
    """A case that was opened; with its number it goes on at any window of its office and in any wallet."""

    number: str = Field(examples=[NUMBER])


class InputsRequest(_Sent):
    """What is stated besides, or otherwise."""

    inputs: Inputs


class InputsAtWindow(InputsRequest):
    """The same, written down for a person at a window."""

    clerk: str = Field(default="", max_length=80, description="Who does it for the holder (帮办).")


class PartyRequest(_Sent):
    """One party of a case."""

    role: str = Field(max_length=64, examples=["operator"])
    position: int = Field(default=0, ge=0, le=100, description="Which of several in that role, from 0.")


class WalletRequest(PartyRequest):
    """A request to a party's wallet."""

    promise: list[str] = Field(
        default=[], max_length=20, description="Facts that the wallet is to promise for later (告知承诺)."
    )
    clerk: str = Field(default="", max_length=80)


class OwnRequest(_Sent):
    """A request to one's own wallet."""

    role: str = Field(default="", max_length=64, description="Where one has several parts in the case.")
    promise: list[str] = Field(
        default=[], max_length=20, description="Facts to promise for later (告知承诺)."
    )


class AskedWallet(BaseModel):
    """A request by OpenID4VP, open for five minutes; all empty where nothing is left to ask."""

    link: str | None = Field(description="For the wallet: a link on the same device, a QR across devices.")
    qr: str | None = Field(description="The link as a QR: a picture (PNG, base64).")
    expires: int | None = Field(description="Unix seconds.")

    @classmethod
    def of(cls, made: MadeRequest | None) -> "AskedWallet":
        """The view of a request just made."""
        if made is None:
            return cls(link=None, qr=None, expires=None)
        try:
            qr = b64encode(pictures.draw(made.link)).decode()
        except pictures.TooLong:
            qr = None
        return cls(link=made.link, qr=qr, expires=made.expires)


class AnswerView(BaseModel):
    """What became of the last request to a party's wallet."""

    state: str = Field(description="open, answered, refused or expired.")


class AskDepartments(_Sent):
    """Who asks departments for what the wallet did not show."""

    clerk: str = Field(min_length=1, max_length=80)
    on_behalf: str | None = Field(
        default=None, max_length=200, description="Identifier of the mandate that an agent acts under."
    )
    assisted: bool = Field(
        default=False, description="For a person at a window who has no phone (帮办); the log says so."
    )


class SeenRequest(PartyRequest):
    """Who a party is, whom a clerk saw. It travels in bodies only."""

    holder: Holder
    clerk: Clerk
    seen: Seen


class AgentRequest(_Sent):
    """An agent comes with a phone."""

    through: str = Field(
        default="mandate",
        max_length=64,
        description="Type that gives the power: `mandate`, `birth`, `business_licence` …",
    )
    clerk: Clerk


class AskedAgent(BaseModel):
    """A request to an agent's phone, open for five minutes. acting: by which its answer is taken."""

    acting: str
    link: str
    qr: str = Field(description="The link as a QR: a picture (PNG, base64).")
    expires: int = Field(description="Unix seconds.")


class AgentAtWindow(PartyRequest):
    """An agent without a phone, whom a clerk saw."""

    ground: str = Field(max_length=200, description="Identifier of the certificate that gives the power.")
    agent: Holder
    clerk: Clerk
    seen: Seen


class ActingView(BaseModel):
    """For whom somebody acts in the case. ground: identifier of the certificate that gives the power."""

    ground: str
    name: str


class PaperPromiseRequest(PartyRequest):
    """A promise that a party signed on paper."""

    promise: list[str] = Field(min_length=1, max_length=20, description="Facts that will come later.")
    document: str = Field(max_length=64, description="Id of the scanned sheet, put as `signed-promise`.")
    clerk: Clerk
    second: Clerk
    seen: Seen


class PaperCopyRequest(PartyRequest):
    """A copy on paper, in place of what a wallet would show."""

    fact: str = Field(max_length=64, examples=["title"])
    text: str = Field(max_length=7_200, repr=False, description="Text of the QR.")
    clerk: Clerk
    seen: Seen


class AskedDepartments(BaseModel):
    """The facts that departments were asked for, each logged; the case shows what they said."""

    asked: list[str]


class DocumentView(BaseModel):
    """A document that was taken in; by its id it is used again in another case, with consent."""

    id: str


class ReuseRequest(_Sent):
    """A document that was handed in before."""

    document: str = Field(max_length=64)
    consent: Literal[True] = Field(description="The holder agrees that it is used in this case.")


class ReuseAtWindow(ReuseRequest):
    """The same, for a person at a window."""

    clerk: str = Field(default="", max_length=80, description="Who does it for the holder (帮办).")


class StepRequest(_Sent):
    """What a department says in its step."""

    clerk: str = Field(min_length=1, max_length=80)
    agreed: bool
    reason: str = Field(default="", max_length=2_000)


class PersonRequest(_Sent):
    """A person's decision."""

    clerk: str = Field(min_length=1, max_length=80)
    outcome: Literal["grant", "refuse"]
    reason: str = Field(default="", max_length=2_000)


class VerdictView(BaseModel):
    """What is said of a case: it is granted, a person decides, or something is missing. Never a refusal."""

    outcome: Literal["grant", "person", "incomplete"]
    missing: list[Lacking]

    @classmethod
    def of(cls, verdict: Verdict) -> "VerdictView":
        """The view of a verdict."""
        lacking = [Lacking(each.name, each.zh, each.en, each.kind) for each in verdict.missing]
        return cls(outcome=verdict.outcome, missing=lacking)


class StateView(BaseModel):
    """How a case stands: ended: all effects stand; red: an issuer refused one; granted: they go on."""

    state: str


class ReplayView(BaseModel):
    """A decision made again from what was sealed. same: it comes out as it did, from untouched facts."""

    outcome: str
    same: bool


class JoinRequest(_Sent):
    """The part that is one's own."""

    role: str = Field(max_length=64, examples=["buyer"])


class RatingRequest(_Sent):
    """好差评: 1 (very dissatisfied) to 5."""

    stars: int = Field(ge=1, le=5)


class AgainRequest(_Sent):
    """What was asked for though a department has it."""

    fact: str = Field(max_length=64, description="Its name in the matter.")


async def uploaded(request: Request) -> tuple[bytes, str]:
    """A body's bytes, and its media type."""
    return await request.body(), media_type(request)


Uploaded = Annotated[tuple[bytes, str], Depends(uploaded)]
