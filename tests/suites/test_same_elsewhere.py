"""What is tested with P-256 holds as it stands where the police issue with SM2: logins, requests, queries."""

from tests.door.conftest import more_types
from tests.door.test_challenge import (
    held,
    test_a_wallet_without_a_browser_logs_in_and_claims_everything,
    wallet,
)
from tests.openid4vp.conftest import Asking, Phone, housing, phone
from tests.openid4vp.test_answering import (
    test_one_answer_brings_certificates_of_two_departments_each_with_its_own_verdict,
    test_what_was_shown_to_one_is_worthless_to_another,
)
from tests.queries.conftest import querying
from tests.queries.test_querying import (
    test_a_no_is_the_issuers_signed_word_and_never_more,
    test_an_answer_is_for_its_asker_its_question_and_its_presentation,
    test_the_status_of_a_certificate_is_told_even_when_it_is_revoked,
)

__all__ = [
    "held",
    "housing",
    "more_types",
    "phone",
    "querying",
    "test_a_no_is_the_issuers_signed_word_and_never_more",
    "test_a_wallet_without_a_browser_logs_in_and_claims_everything",
    "test_an_answer_is_for_its_asker_its_question_and_its_presentation",
    "test_one_answer_brings_certificates_of_two_departments_each_with_its_own_verdict",
    "test_the_status_of_a_certificate_is_told_even_when_it_is_revoked",
    "test_what_was_shown_to_one_is_worthless_to_another",
    "wallet",
]


def asked_algorithms(housing: Asking, phone: Phone) -> list[str]:
    request = phone.read(housing.ask(housing.wanted("who", "resident_identity", "name")).link)
    formats = request.members()["client_metadata"]["vp_formats_supported"]
    assert formats["dc+sd-jwt"]["kb-jwt_alg_values"] == ["ES256"]
    return formats["dc+sd-jwt"]["sd-jwt_alg_values"]


def test_a_request_says_that_sm2_is_read_where_it_is(housing, phone, uninstalled):
    assert asked_algorithms(housing, phone) == ["ES256", "SM2"]
    uninstalled()
    assert asked_algorithms(housing, phone) == ["ES256"]
