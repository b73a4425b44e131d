"""What a wallet holds from one province is asked for, shown and judged in the other; a login is not."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from registry.asking import query_for
from registry.provinces.partners import origins_of
from registry.store.tables import Certificate, Partner, RequestPurpose
from tests.api.town import NOON
from tests.openid4vp.conftest import Phone
from tests.provinces.conftest import Line, Province, here, there
from wallet.keyfile import WalletFile


@pytest.fixture
def phone(provinces: tuple[Province, Province], network: Line, tmp_path: Path) -> Phone:
    """A phone with an identity of the other province; it reaches both."""
    home, away = provinces
    wallet = WalletFile.create(tmp_path / "phone.wallet", "phone", cost=16)
    made = Phone(away.town, TestClient(away.app, base_url=there.ORIGIN), wallet)
    made.claim(there.POLICE, away.town.citizen(7))
    made.http = TestClient(home.app, base_url=here.ORIGIN)
    known = Partner(
        origin=there.ORIGIN, root_document=b"", bundle=b"", version=1, taken_at=NOON, fetched_at=NOON
    )
    with home.town.runtime.store.write() as session:
        session.add(known)
        session.flush()
        assert origins_of(session) == [there.ORIGIN]
    return made


def asked(home: Province, purpose: RequestPurpose) -> tuple[str, str]:
    with home.town.runtime.store.write() as session:
        wanted = query_for(
            session, home.town.runtime.catalogue, [("resident_identity", ["name"])], everywhere=True
        )
        made = home.cases.requesting.make(session, here.HOUSING, wanted, purpose=purpose)
    return made.id, made.link


def verdict(home: Province, phone: Phone, purpose: RequestPurpose) -> str:
    id, link = asked(home, purpose)
    request = phone.read(link)
    assert phone.answer(request, phone.token(request)).is_success
    asker = here.HOUSING if purpose == RequestPurpose.DEPARTMENT else None
    outcome = home.cases.requesting.outcome(id, asker=asker)
    (shown,) = outcome.presented
    return str(shown.report["verdict"])


def test_a_certificate_of_the_other_province_is_asked_for_shown_and_valid(
    home: Province, phone: Phone
) -> None:
    assert verdict(home, phone, RequestPurpose.DEPARTMENT) == "valid"


def test_it_is_no_login_here(home: Province, phone: Phone) -> None:
    assert verdict(home, phone, RequestPurpose.LOGIN) != "valid"


def test_once_it_is_revoked_there_it_is_not_valid_here(home: Province, away: Province, phone: Phone) -> None:
    with away.town.runtime.store.read() as session:
        (row,) = session.exec(select(Certificate)).all()
    away.town.revoke(there.POLICE, row.certificate_id, "issued_in_error")
    assert verdict(home, phone, RequestPurpose.DEPARTMENT) == "invalid"
