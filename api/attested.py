"""Attestations that came with a request: verified whenever sent, demanded where a setting says so."""

from dataclasses import dataclass
from typing import Final

from fastapi import Request

from api.protocol_errors import ProtocolError
from api.services import Services
from registry.attestations import Attested, BadAttestation, check_wallet_attestation

_ATTESTATION: Final = "OAuth-Client-Attestation"
_POP: Final = "OAuth-Client-Attestation-PoP"


@dataclass(frozen=True, slots=True)
class WalletClient:
    """Which wallet asks. id: its client_id, "" where it has none; attested: by whom, as recorded, or ""."""

    id: str
    attested: str


def wallet_client(request: Request, services: Services, named: str | None) -> WalletClient:
    """The wallet behind a request, by its attestation if it sent one, else as it calls itself.

    named: the `client_id` that the request names, if it names one.

    Raises:
        ProtocolError: `invalid_client_attestation`, as `attested_wallet`; `invalid_client` (RFC 6749, section
            5.2): an attestation is demanded of every wallet, and there is none.
    """
    found = attested_wallet(request, services, named)
    if found is not None:
        return WalletClient(found.client_id, found.recorded())
    if services.runtime.settings.require_wallet_attestation:
        raise ProtocolError("invalid_client", "a wallet attestation and its proof are needed", 401)
    return WalletClient(named or "", "")


def attested_wallet(request: Request, services: Services, client: str | None) -> Attested | None:
    """What a wallet provider vouches for; None where the request brought no wallet attestation.

    client: the `client_id` that the request names, if it names one.

    Raises:
        ProtocolError: `invalid_client_attestation` (Attestation-Based Client Authentication, section 6.2):
            one header without the other, two of one, or an attestation that does not stand.
    """
    sent = [request.headers.getlist(name) for name in (_ATTESTATION, _POP)]
    if not any(sent):
        return None
    if [len(each) for each in sent] != [1, 1]:
        raise ProtocolError(
            "invalid_client_attestation", "an attestation and its proof are needed, once each"
        )
    try:
        found = check_wallet_attestation(
            sent[0][0],
            sent[1][0],
            providers=services.trust().wallet_providers,
            audience=services.origin(),
            now=services.now(),
            use_once=services.use_once,
        )
    except BadAttestation as error:
        raise ProtocolError("invalid_client_attestation", error.en) from error
    if client and client != found.client_id:
        raise ProtocolError("invalid_client_attestation", "client_id is another than the attested one")
    return found
