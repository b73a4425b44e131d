"""What departments send and get: the shapes of their requests and answers, with examples."""

from base64 import b64encode
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from registry import pictures
from registry.finding import Event, Found
from registry.lifecycle import REASONS
from registry.offers import MadeOffer
from registry.provinces.asking import Told
from registry.querying import Answer, Query
from registry.rights import Ask
from registry.status_changes import StatusChange

_ID = "1.2.156.3005.2.11100000MB9A00014N001.11440100MB9A0001XG.7K2QF0MZ3AXW9TD4HRB6.001.K"
_REASONS = "A code of docs/lifecycle.md."
_YEAR_10000 = 253_402_300_800


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Holder(_Sent):
    """An identifier with its type. It travels in bodies only, never in an address."""

    id_type: str = Field(examples=["citizen_number"], max_length=40)
    identifier: str = Field(examples=["440106199001010078"], max_length=40)

    def __repr__(self) -> str:
        return "Holder()"

    @property
    def pair(self) -> tuple[str, str]:
        """(type, identifier) as it is indexed."""
        return self.id_type, self.identifier.strip().upper()


class IssueRequest(_Sent):
    """One certificate to issue."""

    type: str = Field(examples=["resident_identity"], description="Alias or code of the type.")
    claims: dict[str, str] = Field(
        description="Claims by name, as the type has them.",
        repr=False,
        examples=[{"name": "王小明", "sex": "男", "ethnicity": "汉", "birth_date": "1990-01-01", "…": "…"}],
    )
    serial: str = Field(default="", max_length=32, description="Empty: twenty random characters.")
    hold: str = Field(
        default="", max_length=200, description="Why it is kept out of batches; empty: it is not."
    )
    by: str = Field(default="", max_length=80, description="The clerk.")


class IssuedView(BaseModel):
    """A certificate that is durable now and anchored in a moment."""

    model_config = ConfigDict(json_schema_extra={"example": {"certificate_id": _ID, "state": "open"}})

    certificate_id: str
    state: str = Field(description="open, held or batched.")
    repeated: bool = Field(
        default=False, description="The idempotency key was used before, for the same body."
    )


class DecisionRequest(_Sent):
    """What the department decided."""

    reason: str = Field(description=_REASONS, examples=["cancelled_on_request"])
    basis: str = Field(default="", max_length=200, description="Legal basis.")
    decision: str = Field(default="", max_length=80, description="Number of the decision.")
    effective_from: int | None = Field(
        default=None, ge=0, lt=_YEAR_10000, description="Unix seconds; empty: now."
    )
    by: str = Field(default="", max_length=80, description="The clerk.")


class SuspensionRequest(DecisionRequest):
    """Why it is suspended; it can come back."""

    reason: str = Field(description=_REASONS, examples=["withheld"])


class ResumptionRequest(DecisionRequest):
    """That it comes back."""

    reason: str = Field(default="resumed", description=_REASONS, examples=["resumed"])


class RenewalRequest(DecisionRequest):
    """The next version of a certificate."""

    reason: str = Field(description=_REASONS, examples=["changed"])
    changes: dict[str, str] = Field(
        default_factory=dict,
        description="Claims that differ, by name; empty leaves one out.",
        repr=False,
        examples=[{"address": "羊城市珠江新城 9 号"}],
    )


class StatusChangeView(BaseModel):
    """Recorded, and the status lists that say so are served. The chain follows within a few blocks."""

    versions: list[str] = Field(
        description="All versions that changed, the one named first.", examples=[[_ID]]
    )
    status: str | None = Field(examples=["revoked"])
    recorded: int
    effective_from: int

    @classmethod
    def of(cls, change: StatusChange) -> "StatusChangeView":
        """The view of a change."""
        return cls(
            versions=list(change.versions),
            status=None if change.status is None else change.status.name.lower(),
            recorded=change.recorded,
            effective_from=change.effective_from,
        )


class OfferRequest(_Sent):
    """Whom a certificate is offered to, where it has several holders."""

    role: str | None = Field(default=None, max_length=40, examples=["holder"])
    holder: Holder | None = None
    by: str = Field(default="", max_length=80, description="The clerk.")
    seen: str = Field(
        default="",
        max_length=80,
        description="How the clerk saw the person; an identity certificate's offer must say.",
        examples=["card"],
    )


class OfferAgainRequest(_Sent):
    """Who makes an offer anew."""

    by: str = Field(default="", max_length=80, description="The clerk.")
    seen: str = Field(
        default="", max_length=80, description="How the clerk saw the person; empty: as before."
    )


class OfferView(BaseModel):
    """The link goes to the wallet (as a QR, say); the PIN is told apart from it."""

    id: str = Field(description="By which it can be made anew; it gives nothing away.")
    link: str = Field(
        examples=[
            "openid-credential-offer://?credential_offer_uri=http%3A%2F%2Flocalhost%3A8000%2Foffers%2F…"
        ]
    )
    value: str = Field(
        description="The same offer by value.",
        examples=["openid-credential-offer://?credential_offer=%7B%22credential_issuer%22…"],
    )
    qr: str = Field(description="The link as a QR: a picture (PNG, base64).", examples=["iVBORw0KGgo…"])
    pin: str = Field(examples=["493536"])
    configuration: str
    expires: int

    @classmethod
    def of(cls, made: MadeOffer, origin: str) -> "OfferView":
        """The view of an offer just made."""
        return cls(
            id=made.id,
            link=made.link(origin),
            value=made.value(origin),
            qr=b64encode(pictures.draw(made.link(origin))).decode(),
            pin=made.pin,
            configuration=made.configuration,
            expires=made.expires,
        )

    def __repr__(self) -> str:
        return "OfferView()"


class CopyView(BaseModel):
    """A copy for paper: what its QR says."""

    link: str = Field(examples=["http://localhost:8000/c#1415926535…"])
    presentation: str


class WithdrawalRequest(_Sent):
    """A clerk saw the person; who that was is recorded."""

    by: str = Field(min_length=1, max_length=80, description="The clerk.")
    holder: Holder | None = Field(default=None, description="The person seen, where several hold it.")


class WithdrawalView(BaseModel):
    """Credentials that were withdrawn; the certificates stand."""

    credentials: int


class ReasonRequest(_Sent):
    """Who did it."""

    by: str = Field(default="", max_length=80, description="The clerk.")


class SearchRequest(_Sent):
    """By the number printed on a certificate, or by holder."""

    number: str | None = Field(default=None, max_length=80)
    holder: Holder | None = None


class BatchView(BaseModel):
    """Where a certificate is anchored. root: hex."""

    seq: int
    root: str
    size: int
    index: int
    state: str
    block: int | None


class EventView(BaseModel):
    """One entry of a certificate's history."""

    reason: str
    zh: str
    en: str
    basis: str
    decision: str
    effective_from: int
    recorded: int
    by: str

    @classmethod
    def of(cls, event: Event) -> "EventView":
        """The view of an event."""
        reason = REASONS[event.reason]
        return cls(
            reason=event.reason,
            zh=reason.zh,
            en=reason.en,
            basis=event.basis,
            decision=event.decision,
            effective_from=event.effective_from,
            recorded=event.recorded,
            by=event.recorded_by,
        )


class CertificateView(BaseModel):
    """A certificate as its issuer finds it, without its claims."""

    certificate_id: str
    type: str
    type_version: int
    state: str
    status: str | None
    expired: bool
    valid_from: int
    valid_until: int | None
    issued_at: int
    batch: BatchView | None
    history: list[EventView] | None = None

    @classmethod
    def of(cls, found: Found, history: list[Event] | None = None) -> "CertificateView":
        """The view of what was found."""
        batch = found.batch
        return cls(
            certificate_id=found.certificate_id,
            type=found.type,
            type_version=found.type_version,
            state=found.state,
            status=None if found.status is None else found.status.name.lower(),
            expired=found.expired,
            valid_from=found.valid_from,
            valid_until=found.valid_until,
            issued_at=found.issued_at,
            batch=None
            if batch is None
            else BatchView(
                seq=batch.seq,
                root=batch.root.hex(),
                size=batch.size,
                index=batch.index,
                state=batch.state,
                block=batch.block,
            ),
            history=None if history is None else [EventView.of(event) for event in history],
        )


class Question(_Sent):
    """What is asked about one holder or certificate."""

    type: str = Field(max_length=200, examples=["resident_identity"])
    ask: Ask
    claims: list[str] = Field(default_factory=list, max_length=60)
    holder: Holder | None = None
    certificate_id: str | None = Field(default=None, max_length=200)
    value: str = Field(default="", max_length=2_000, repr=False, description="What a claim is compared with.")
    source: str = Field(
        default="",
        max_length=200,
        description="Where an `equals` has its value from: `stated` by the holder to a case of this "
        "registry; the identifier of the certificate that proved it to that case, or that `request` showed; "
        "`vouched` by you, where your right says so. Otherwise: `source-unknown`.",
    )
    case: str | None = Field(default=None, min_length=1, max_length=80, description="Your case's number.")
    on_behalf: str | None = Field(
        default=None,
        max_length=200,
        description="Identifier of the mandate (or licence, or birth certificate) through which an agent "
        "acts, who was shown to act in this case (`/acting`).",
    )
    assisted: bool = Field(
        default=False, description="A clerk does it all for a person at a window (帮办); the log says so."
    )

    def asked(self, asker: str, clerk: str, matter: str) -> Query:
        """The question as that department puts it."""
        return Query(
            asker=asker,
            clerk=clerk,
            matter=matter,
            type=self.type,
            ask=self.ask,
            claims=tuple(self.claims),
            holder=None if self.holder is None else self.holder.pair,
            certificate_id=self.certificate_id,
            value=self.value,
            source=self.source,
            case=self.case,
            on_behalf=self.on_behalf,
            assisted=self.assisted,
        )


class QueryRequest(Question):
    """A question to other departments, for a matter that the rights files name."""

    matter: str = Field(
        default="", max_length=200, examples=["housing_subsidy"], description="Left out: `missing-purpose`."
    )
    clerk: str = Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")
    at: str = Field(
        default="",
        max_length=200,
        description="Who is asked in another registry: its origin, or the code of one of its departments.",
        examples=["11450100MB9B00015A"],
    )
    request: str | None = Field(
        default=None,
        max_length=200,
        description="Instead of `holder`: a request of yours (`/requests`) by which the citizen showed it. "
        "An `equals` may then compare with what else was shown.",
    )


class QueryView(BaseModel):
    """Each issuer's answer in its envelope (operation.md, Queries)."""

    answers: list[dict[str, Any]]

    @classmethod
    def of(cls, answers: list[Answer]) -> "QueryView":
        """The view of what was answered."""
        return cls(answers=[answer.envelope() for answer in answers])

    @classmethod
    def told(cls, answers: list[Told]) -> "QueryView":
        """The view of what departments of another registry answered, each with the verdict on it."""
        return cls(answers=[answer.to_dict() for answer in answers])
