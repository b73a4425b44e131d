"""Answering a verifier: who asks for what is shown before anything leaves, with what would answer it."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx
from msgspec import UNSET, UnsetType

from registry import certificate, credential, dcql, transactiondata
from registry.credential import Presentation
from registry.dcql import Candidate, Chosen
from registry.errors import RegistryError
from registry.requestobject import Read
from registry.walletanswers import authority_key
from wallet import exchange, openid4vp
from wallet.keyfile import Held, WalletFile
from wallet.knowing import Verifier, verifier_of
from wallet.openid4vp import Randomness
from wallet.type_names import TypeNames, is_called, names

CONSENT: Final = "urn:zt:consent"
"""Transaction data by which the holder agrees to a matter, in words."""
MANDATE: Final = "urn:zt:mandate"
"""By which the holder lets somebody act."""
COMMITMENT: Final = "urn:zt:commitment"
"""By which the holder promises something for later."""
_KNOWN: Final = frozenset({CONSENT, MANDATE, COMMITMENT})
_FIXED: Final = frozenset({"type", "credential_ids", "transaction_data_hashes_alg"})


class NothingFits(RegistryError):
    """The wallet does not have what is asked for; the verifier learns nothing of that by itself."""

    kind = "nothing-fits"
    mender = "holder"

    def __init__(self) -> None:
        super().__init__(
            "钱包里没有符合要求的证照。", "The wallet has no certificates that fit what is asked for."
        )


class UnknownTransaction(RegistryError):
    """The verifier asks to agree to something that this wallet cannot show; it was told so."""

    kind = "unknown-transaction"

    def __init__(self) -> None:
        super().__init__(
            "请求中含有本钱包无法识别的事项，已拒绝。",
            "It asks to agree to something that this wallet does not understand: refused.",
        )


@dataclass(frozen=True, slots=True)
class Showing:
    """One credential that would be shown. query: id of the credential query; claims: names, to disclose."""

    query: str
    held: Held
    certificate_id: str
    claims: tuple[str, ...]
    names: TypeNames


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, as it is to be understood before it is answered.

    host: where the answer goes. expires: Unix seconds, None where it does not say. showings: enough to
    answer; optional: asked for besides. agreeing: members of each transaction data, to be agreed to.
    """

    read: Read
    host: str
    expires: int | None
    showings: tuple[Showing, ...]
    optional: tuple[Showing, ...]
    agreeing: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True)
class Answering:
    """A wallet and its way to verifiers. clock: Unix seconds."""

    wallet: WalletFile
    http: httpx.Client
    clock: Callable[[], int]
    randomness: Randomness = os.urandom

    def read(self, link: str) -> Read:
        """Fetch and check a request. Raises as `openid4vp.read_request`."""
        return openid4vp.read_request(self.http, link, now=self.clock(), randomness=self.randomness)

    def verifier(self, read: Read) -> Verifier:
        """Who asks."""
        certificate = read.x5c[0] if read.x5c else None
        return verifier_of(self.http, self.wallet, read.signer, certificate, self.clock())

    def consider(self, read: Read, *, only: Sequence[str] = ()) -> Asked:
        """What the request asks for, and what of the wallet would answer it.

        only: what the certificates that may be used are called (`is_called`); empty: any.

        Raises:
            NothingFits: something required is not in the wallet.
            UnknownTransaction: it asks to agree to what cannot be shown; the verifier was told.
        """
        request = read.request
        agreeing = self._agreeing(read)
        held = self._held(only)
        selection = dcql.match(request.dcql_query, [each.candidate for each in held])
        if selection is None:
            raise NothingFits
        return Asked(
            read=read,
            host=openid4vp.host_of(request),
            expires=None if request.exp is UNSET else int(request.exp),
            showings=_showings(selection.chosen, held),
            optional=_showings(selection.optional, held),
            agreeing=agreeing,
        )

    def send(self, asked: Asked, *, optional: bool = False) -> str | None:
        """Show it all; where the browser is to go on, if the verifier says. Raises Refused, NothingFits."""
        return openid4vp.send(self.http, asked.read.request, self._vp_token(asked, optional))

    def log_in(self, asked: Asked) -> str:
        """Show it, for what the verifier gives in return: `presentation_during_issuance_session`.

        Raises:
            BadOffer, Refused, NothingFits: it gives nothing, or takes nothing.
        """
        said = openid4vp.present(self.http, asked.read.request, self._vp_token(asked, False))
        return exchange.text(said, "presentation_during_issuance_session")

    def _vp_token(self, asked: Asked, optional: bool) -> dict[str, list[str]]:
        shown = asked.showings + (asked.optional if optional else ())
        hashes = _hashes(asked.read, [each.query for each in shown])
        vp_token: dict[str, list[str]] = {}
        for each in shown:
            # One presentation agrees to each transaction: the first of its query.
            agreed = hashes.pop(each.query, ())
            vp_token.setdefault(each.query, []).append(self._present(asked, each, agreed))
        return vp_token

    def refuse(self, read: Read) -> str | None:
        """Say no, and nothing else. Raises Refused."""
        return openid4vp.refuse(self.http, read.request)

    def _present(self, asked: Asked, showing: Showing, agreed: Sequence[str]) -> str:
        jwt, disclosures = credential.split(showing.held.credential)
        return credential.present(
            jwt,
            [text for text in disclosures if certificate.parse_disclosure(text).name in showing.claims],
            key=self.wallet.key(showing.held.key),
            aud=asked.read.request.client_id,
            nonce=asked.read.request.nonce,
            iat=self.clock(),
            transaction_data_hashes=agreed,
        )

    def _agreeing(self, read: Read) -> tuple[Mapping[str, str], ...]:
        texts = read.request.transaction_data
        found = [] if isinstance(texts, UnsetType) else [transactiondata.members(text) for text in texts]
        shown = [{name: each[name] for name in each if name not in _FIXED} for each in found]
        for each, members in zip(found, shown, strict=True):
            if each["type"] not in _KNOWN or not members or not all(map(_is_text, members.values())):
                openid4vp.refuse(self.http, read.request, "invalid_transaction_data")
                raise UnknownTransaction
        return tuple(shown)

    def _held(self, only: Sequence[str]) -> list["_Card"]:
        """What may be shown now: of each certificate the credential that came last, newest first."""
        newest: dict[tuple[str, str], _Card] = {}
        for held in sorted(self.wallet.content.held, key=lambda each: each.received):
            card = _Card(held, credential.parse(held.credential), self.wallet)
            named = not only or any(is_called(self.wallet.content, held, part) for part in only)
            if named and self.clock() < card.parsed.payload.exp:
                newest[held.issuer, card.certificate_id] = card
        return list(reversed(newest.values()))


class _Card:
    """A held credential, taken apart."""

    def __init__(self, held: Held, parsed: Presentation, wallet: WalletFile) -> None:
        self.held = held
        self.parsed = parsed
        self.certificate_id = parsed.payload.core.certificate_id
        self.names = names(wallet.content, parsed.payload)

    @property
    def candidate(self) -> Candidate:
        payload = self.parsed.payload
        always = {"iss": payload.iss, "vct": payload.vct}
        return Candidate(payload.vct, {**always, **self.parsed.claims}, authorities=self._authorities)

    @property
    def _authorities(self) -> frozenset[tuple[str, str]]:
        """The key identifiers of the CAs above the issuer (OpenID4VP 1.0, section 6.1.1.1)."""
        above = map(authority_key, self.parsed.header.x5c)
        return frozenset(("aki", key) for key in above if key is not None)


def _showings(chosen: Mapping[str, Sequence[Chosen]], held: Sequence[_Card]) -> tuple[Showing, ...]:
    return tuple(
        Showing(
            query,
            held[each.index].held,
            held[each.index].certificate_id,
            _shown(each, held[each.index]),
            held[each.index].names,
        )
        for query, several in chosen.items()
        for each in several
    )


def _shown(chosen: Chosen, card: _Card) -> tuple[str, ...]:
    """The claims asked for, and those that the type is always shown with."""
    named = [*(str(path[0]) for path in chosen.claims), *card.names.always_shown]
    # What a credential has no disclosure of is in every presentation.
    return tuple(dict.fromkeys(each for each in named if each in card.parsed.claims))


def _hashes(read: Read, answered: Sequence[str]) -> dict[str, list[str]]:
    """What each credential query's presentation agrees to: each transaction by the first query it names."""
    hashes: dict[str, list[str]] = {}
    texts = read.request.transaction_data
    for text in () if isinstance(texts, UnsetType) else texts:
        named = transactiondata.parse(text).credential_ids
        first = next((query for query in answered if query in named), None)
        if first is None:
            raise NothingFits
        hashes.setdefault(first, []).append(transactiondata.digest(text))
    return hashes


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)
