"""A wallet that somebody vouches for shows it where that is taken, and nowhere else."""

from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

import httpx
import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from fastapi.testclient import TestClient
from typer.testing import CliRunner

import api
from registry.runtime import Runtime
from registry.store import tables
from registry.trust import WalletProvider, Window
from tests.api.conftest import settings_in
from tests.api.town import NOON, ORIGIN, POLICE, Town
from wallet.attesting import NoProvider, provider_in
from wallet.claiming import Claiming, Outcome
from wallet.cli import app
from wallet.exchange import Refused
from wallet.keyfile import WalletFile
from wallet.logging_in import Door
from wallet.sample_provider import CLIENT, SampleProvider

NewWallet = Callable[[str], WalletFile]
NewTown = Callable[..., tuple[Town, httpx.Client]]


@pytest.fixture
def provider(tmp_path: Path) -> SampleProvider:
    return SampleProvider.create(tmp_path / "provider", NOON - 86_400)


@pytest.fixture
def new_town(founded: Path, tmp_path: Path, provider: SampleProvider) -> Iterator[NewTown]:
    """A town with other settings, where the provider is listed."""
    anchor = x509.load_pem_x509_certificate((tmp_path / "provider" / "ca.pem").read_bytes())
    listed = WalletProvider("sample", "示例", "Sample", anchor.public_bytes(Encoding.DER), (Window(0),))
    opened: list[Runtime] = []

    def make(**changed: Any) -> tuple[Town, httpx.Client]:
        copytree(founded, tmp_path / "data")
        settings = settings_in(tmp_path / "data").model_copy(update=changed)
        made: list[Town] = []
        opened.append(Runtime.open(settings, "api", clock=lambda: made[0].now))
        made.append(Town(opened[0], wallet_providers=(listed,)))
        application = api.create_app(opened[0], made[0].trust)
        made[0].services = application.state.services
        return made[0], TestClient(application, base_url=ORIGIN, raise_server_exceptions=False)

    yield make
    for runtime in opened:
        runtime.close()


def claim(claiming: Claiming, town: Town) -> Outcome:
    certificate_id = town.citizen()
    assert town.services is not None
    offer = town.services.sharing.offer(POLICE, certificate_id, made_by="clerk 7", seen="card")
    return claiming.claim(offer.link(ORIGIN), offer.pin)


def attested(town: Town, table: type[tables.Table]) -> list[str]:
    """Providers that are on record."""
    found = [getattr(row, "attested", "") or getattr(row, "assurance", "") for row in town.rows(table)]
    return [orjson.loads(each)["provider"] if each else "" for each in found]


def test_wallet_and_keys_are_attested_at_claims_and_logins(
    new_town: NewTown, new_wallet: NewWallet, provider: SampleProvider
) -> None:
    town, http = new_town()
    claiming = Claiming(new_wallet("phone"), http, lambda: town.now, provider)
    claim(claiming, town)
    driving = town.issue(POLICE, "driving_licence", town.driving_row(7))
    town.anchor(POLICE)
    assert [each.configuration for each in Door(claiming).log_in(ORIGIN).held], driving
    assert claiming.renew(all=True).held
    assert attested(town, tables.Authorisation) == ["sample", "sample"]
    assert {row.client for row in town.rows(tables.Authorisation)} == {CLIENT}  # type: ignore[attr-defined]
    assert set(attested(town, tables.Credential)) == {"sample"}


def test_where_attestations_are_demanded_only_such_a_wallet_claims(
    new_town: NewTown, new_wallet: NewWallet, provider: SampleProvider
) -> None:
    town, http = new_town(require_wallet_attestation=True, attested_types={"resident_identity": ["software"]})
    with pytest.raises(Refused, match="invalid_client"):
        claim(Claiming(new_wallet("plain"), http, lambda: town.now), town)
    assert claim(Claiming(new_wallet("phone"), http, lambda: town.now, provider), town).held


class Modest(httpx.BaseTransport):
    """The way to a town whose metadata say nothing of attestations. seen: every request."""

    def __init__(self, town: httpx.Client) -> None:
        self.town = town
        self.seen: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        answer = self.town._transport.handle_request(request)
        if not request.url.path.endswith("oauth-authorization-server"):
            return answer
        said = orjson.loads(answer.read()) | {"token_endpoint_auth_methods_supported": ["none"]}
        return httpx.Response(200, json=said)


def test_who_does_not_take_attestations_is_shown_none(
    new_town: NewTown, new_wallet: NewWallet, provider: SampleProvider
) -> None:
    town, http = new_town()
    modest = Modest(http)
    assert claim(
        Claiming(new_wallet("phone"), httpx.Client(transport=modest), lambda: town.now, provider), town
    ).held
    assert not [each for each in modest.seen if "OAuth-Client-Attestation" in each.headers]
    assert attested(town, tables.Authorisation) == attested(town, tables.Credential) == [""]


def test_no_two_issuers_see_the_same_key_of_a_wallet(new_wallet: NewWallet) -> None:
    wallet = new_wallet("phone")
    keys = [wallet.instance_key("https://a.example"), wallet.instance_key("https://b.example")]
    keys += [wallet.dpop_key("https://a.example"), wallet.dpop_key("https://b.example")]
    assert len({key.public for key in keys}) == 4
    assert wallet.instance_key("https://a.example").public == keys[0].public


def test_a_folder_without_a_provider_is_said_to_be_one(tmp_path: Path) -> None:
    assert provider_in("") is None
    (tmp_path / "provider.json").write_text('{"client_id": "x", "secret": "", "x5c": []}')
    with pytest.raises(NoProvider):
        provider_in(str(tmp_path))
    environment = {"ZT_WALLET": str(tmp_path / "wallet"), "ZT_WALLET_PROVIDER": str(tmp_path / "none")}
    asked = CliRunner().invoke(app, ["renew", "--passphrase", "x"], env=environment)
    assert isinstance(asked.exception, NoProvider)
