# ruff: noqa: E501
"""Every route, one line each: whose it is, and a request that its owner could make (threat 19).

`<thing>` in an address or a body is something of `matrix_world.World.things`; `{issuer}` is the department
that asks. A new route is added here, or `test_matrix.py` fails.
"""

from dataclasses import dataclass
from typing import Any, Literal

from tests.api.town import citizen_number

Audience = Literal["department", "holder", "everybody", "bearer"]


@dataclass(frozen=True)
class Row:
    """at: the address with its things. then: what its owner is answered; 409 where it comes too late.

    department: for a department's token, under its own code. holder: for a token with the scope `holder`.
    everybody: the same for all. bearer: for whoever has a code, a token or a handle that nobody can guess;
    here it is asked with none.
    """

    audience: Audience
    at: str
    body: Any = None
    form: Any = None
    then: int = 200
    file: bytes | None = None


def desk(at: str, body: Any = None, then: int = 200, file: bytes | None = None) -> Row:
    return Row("department", "/issuers/{issuer}" + at, body, then=then, file=file)


def holder(at: str, body: Any = None, then: int = 200, file: bytes | None = None) -> Row:
    return Row("holder", "/holder" + at, body, then=then, file=file)


def everybody(at: str, then: int = 200, form: Any = None) -> Row:
    return Row("everybody", at, form=form, then=then)


def bearer(at: str, then: int, body: Any = None, form: Any = None) -> Row:
    return Row("bearer", at, body, form, then)


PERSON = {"id_type": "citizen_number", "identifier": "<number>"}
WHY = {"reason": "withheld", "by": "clerk 7"}
ASKED = {"type": "resident_identity", "ask": "has_valid", "holder": PERSON}
FOR = {"matter": "title_registration", "clerk": "clerk 3"}
WINDOW = {"answer": "no", "clerk": "clerk 3", "second": "clerk 4", "seen": "card", "paper": "00" * 32}
WORD = {"granted": True, "reason": "needed", "by": "officer 1"}
C = "/certificates/<certificate>"
PIN = {"by": "clerk 7", "seen": "card"}
AGENT = {"id_type": "citizen_number", "identifier": "<neighbour>"}
HELPER = {"id_type": "citizen_number", "identifier": citizen_number(10)}
GRANTED = {
    "agent": {**HELPER, "name": "某某"},
    "matters": ["title_registration"],
    "facts": ["*"],
    "first_day": "2026-11-24",
    "last_day": "2026-12-24",
}
ACTS = {"case": "C1", "matter": "title_registration", "clerk": "clerk 3"}
SAW = {"by": "clerk 7", "seen": "card"}
ONE, OTHER = (
    {"name": "甲", "id_type": "citizen_number", "identifier": f"<{word} clerk>"}
    for word in ("first", "second")
)
IDENTITY = {"certificates": [{"type": "resident_identity"}]}
CASE = "/cases/<case>"
AT_WINDOW = {"clerk": "clerk 3"}
SELLER = {"role": "seller"}
SEEN = {"clerk": "clerk 3", "seen": "card"}
AGAIN = {"document": "<document>", "consent": True}
PAPER = b"%PDF-1.7 contract"

# fmt: off
MATRIX: dict[str, Row] = {
    # departments
    "POST /issuers/{issuer}/certificates": desk("/certificates", {"type": "driving_licence", "claims": "<row>"}, 201),
    "GET /issuers/{issuer}/certificates/{certificate_id}": desk(C),
    "POST /issuers/{issuer}/searches": desk("/searches", {"holder": PERSON}),
    "POST /issuers/{issuer}/certificates/{certificate_id}/offers": desk(C + "/offers", PIN, 201),
    "POST /issuers/{issuer}/offers/{id}/again": desk("/offers/<offer>/again", PIN, 201),
    "POST /issuers/{issuer}/certificates/{certificate_id}/copies": desk(C + "/copies", {}, 201),
    "POST /issuers/{issuer}/certificates/{certificate_id}/taking-back": desk(C + "/taking-back", {"by": "clerk 7"}, 409),
    "POST /issuers/{issuer}/certificates/{certificate_id}/suspension": desk(C + "/suspension", WHY, 202),
    "POST /issuers/{issuer}/certificates/{certificate_id}/resumption": desk(C + "/resumption", {"by": "clerk 7"}, 202),
    "POST /issuers/{issuer}/certificates/{certificate_id}/renewal": desk(C + "/renewal", {"reason": "changed", "changes": {"address": "x"}}, 201),
    "POST /issuers/{issuer}/certificates/{certificate_id}/withdrawal": desk(C + "/withdrawal", {"by": "clerk 7"}),
    "POST /issuers/{issuer}/certificates/{certificate_id}/revocation": desk(C + "/revocation", {"reason": "cancelled_on_request"}, 202),
    "POST /issuers/{issuer}/queries": desk("/queries", {**ASKED, **FOR}),
    "POST /issuers/{issuer}/query-batches": desk("/query-batches", {"queries": [ASKED] * 4, **FOR}, 201),
    "GET /issuers/{issuer}/query-batches": desk("/query-batches"),
    "GET /issuers/{issuer}/query-batches/{id}": desk("/query-batches/<batch>"),
    "GET /issuers/{issuer}/query-batches/{id}/answers": desk("/query-batches/<answered>/answers"),
    "POST /issuers/{issuer}/query-batches/{id}/approval": desk("/query-batches/<batch>/approval", {"clerk": "clerk 4", "approve": True}, 202),
    "GET /issuers/{issuer}/reviews": desk("/reviews"),
    "POST /issuers/{issuer}/reviews/{id}/decision": desk("/reviews/<review>/decision", WORD),
    "GET /issuers/{issuer}/query-alerts": desk("/query-alerts"),
    "POST /issuers/{issuer}/query-alerts/{id}/end": desk("/query-alerts/<alert>/end", {"by": "auditor 1"}),
    "POST /issuers/{issuer}/requests": desk("/requests", IDENTITY, 201),
    "GET /issuers/{issuer}/requests/{id}": desk("/requests/<request>"),
    "POST /issuers/{issuer}/consents/searches": desk("/consents/searches", {"holder": PERSON}),
    "GET /issuers/{issuer}/consents/{id}": desk("/consents/<consent>"),
    "POST /issuers/{issuer}/consents/{id}/window": desk("/consents/<consent>/window", WINDOW),
    "POST /issuers/{issuer}/mandates": desk("/mandates", {**GRANTED, "grantor": {**PERSON, "name": "甲"}, "clerk": ONE, "seen": "card"}, 201),
    "GET /issuers/{issuer}/mandates/{id}": desk("/mandates/<pending>"),
    "POST /issuers/{issuer}/mandates/{id}/confirmation": desk("/mandates/<pending>/confirmation", {"clerk": OTHER}, 201),
    "POST /issuers/{issuer}/acting": desk("/acting", ACTS, 201),
    "GET /issuers/{issuer}/acting/{id}": desk("/acting/<acting>"),
    "POST /issuers/{issuer}/acting/window": desk("/acting/window", {**ACTS, "seen": "card", "ground": "<mandate>", "agent": HELPER}, 201),
    "POST /issuers/{issuer}/mandates/{certificate_id}/ending": desk("/mandates/<mandate>/ending", SAW, 204),
    "GET /issuers/{issuer}/mandate-alerts": desk("/mandate-alerts"),
    "POST /issuers/{issuer}/mandate-alerts/{id}/end": desk("/mandate-alerts/<mandate alert>/end", {"by": "auditor 1"}),
    "GET /issuers/{issuer}/tasks": desk("/tasks"),
    "GET /issuers/{issuer}/tasks/{id}": desk("/tasks/<task>"),
    "POST /issuers/{issuer}/tasks/{id}/outcome": desk("/tasks/<task>/outcome", {"outcome": "acted", "by": "clerk 7"}, 201),
    "GET /issuers/{issuer}/objections": desk("/objections"),
    "POST /issuers/{issuer}/objections": desk("/objections", {"answer": {"issuer": "<police>", "seq": "<place>"}, "text": "wrong", "by": "clerk 3"}, 201),
    "POST /issuers/{issuer}/objections/window": desk("/objections/window", {"holder": AGENT, "certificate": "<card>", "text": "wrong", **SAW}, 201),
    "GET /issuers/{issuer}/matters": desk("/matters"),
    "GET /issuers/{issuer}/matters/{name}": desk("/matters/transfer_real_estate"),
    "POST /issuers/{issuer}/cases": desk("/cases", {"matter": "transfer_real_estate", **AT_WINDOW}, 201),
    "GET /issuers/{issuer}/cases": desk("/cases"),
    "GET /issuers/{issuer}/clocks": desk("/clocks"),
    "GET /issuers/{issuer}/clock-alerts": desk("/clock-alerts"),
    "GET /issuers/{issuer}/cases/{number}": desk(CASE),
    "POST /issuers/{issuer}/cases/{number}/inputs": desk(CASE + "/inputs", {"inputs": {}}, 204),
    "POST /issuers/{issuer}/cases/{number}/requests": desk(CASE + "/requests", SELLER, 201),
    "POST /issuers/{issuer}/cases/{number}/answers": desk(CASE + "/answers", SELLER),
    "POST /issuers/{issuer}/cases/{number}/queries": desk(CASE + "/queries", AT_WINDOW),
    "PUT /issuers/{issuer}/cases/{number}/documents/{role}/{fact}": desk(CASE + "/documents/seller/contract", then=201, file=PAPER),
    "POST /issuers/{issuer}/cases/{number}/documents/{role}/{fact}/reuse": desk(CASE + "/documents/seller/contract/reuse", AGAIN, 204),
    "GET /issuers/{issuer}/cases/{number}/documents/{id}": desk(CASE + "/documents/<document>"),
    "POST /issuers/{issuer}/cases/{number}/parties": desk(CASE + "/parties", {"holder": PERSON, **SELLER, **SEEN}, 204),
    "POST /issuers/{issuer}/cases/{number}/agents": desk(CASE + "/agents", AT_WINDOW, 403),
    "POST /issuers/{issuer}/cases/{number}/agents/window": desk(CASE + "/agents/window", {"ground": "<mandate>", "agent": HELPER, **SELLER, **SEEN}, 403),
    "POST /issuers/{issuer}/cases/{number}/agents/{acting}/answers": desk(CASE + "/agents/<made up>/answers", SELLER, 404),
    "GET /issuers/{issuer}/cases/{number}/promises/{role}": desk(CASE + "/promises/seller"),
    "POST /issuers/{issuer}/cases/{number}/promises": desk(CASE + "/promises", {"promise": ["contract"], "document": "<document>", "second": "clerk 4", **SELLER, **SEEN}, 422),
    "POST /issuers/{issuer}/cases/{number}/copies": desk(CASE + "/copies", {"fact": "title", "text": "ZT1:", **SELLER, **SEEN}, 400),
    "POST /issuers/{issuer}/cases/{number}/steps/{step}": desk(CASE + "/steps/tax", {"agreed": True, **AT_WINDOW}, 204),
    "POST /issuers/{issuer}/cases/{number}/decision": desk(CASE + "/decision"),
    "POST /issuers/{issuer}/cases/{number}/submission": desk(CASE + "/submission", AT_WINDOW),
    "POST /issuers/{issuer}/cases/{number}/person": desk(CASE + "/person", {"outcome": "grant", **AT_WINDOW}, 409),
    "POST /issuers/{issuer}/cases/{number}/review": desk(CASE + "/review", then=409),
    "POST /issuers/{issuer}/cases/{number}/effects": desk(CASE + "/effects", then=409),
    "POST /issuers/{issuer}/cases/{number}/effects/retry": desk(CASE + "/effects/retry", then=409),
    "GET /issuers/{issuer}/cases/{number}/replay": desk(CASE + "/replay", then=409),
    "GET /issuers/{issuer}/measures": desk("/measures?since=2026-01-01"),
    # holders
    "GET /holder/certificates": holder("/certificates"),
    "GET /holder/wallets": holder("/wallets"),
    "GET /holder/agents": holder("/agents"),
    "POST /holder/agents": holder("/agents", {"licence": "<licence>", "agent": AGENT, "until": "<soon>"}, 201),
    "DELETE /holder/agents/{id}": holder("/agents/<agent>", then=204),
    "GET /holder/log": holder("/log"),
    "GET /holder/inbox": holder("/inbox"),
    "GET /holder/consents": holder("/consents"),
    "POST /holder/consents/{id}/decision": holder("/consents/<asked>/decision", {"answer": "yes"}, 201),
    "POST /holder/consents/{id}/signed": holder("/consents/<consent>/signed", {"code": "x"}),
    "GET /holder/mandates": holder("/mandates"),
    "POST /holder/mandates": holder("/mandates", GRANTED, 201),
    "POST /holder/mandates/{id}/signed": holder("/mandates/<begun>/signed", {"code": "x"}, 404),
    "DELETE /holder/mandates/{certificate_id}": holder("/mandates/<given>", then=204),
    "GET /holder/objections": holder("/objections"),
    "POST /holder/objections": holder("/objections", {"certificate": "<certificate>", "text": "wrong"}, 201),
    "GET /holder/offers": holder("/offers"),
    "POST /holder/offers": holder("/offers", {"wanted": True}),
    "GET /holder/matters": holder("/matters"),
    "GET /holder/matters/{name}": holder("/matters/transfer_real_estate"),
    "POST /holder/cases": holder("/cases", {"matter": "transfer_real_estate", "role": "seller"}, 201),
    "GET /holder/cases": holder("/cases"),
    "GET /holder/cases/{number}": holder(CASE),
    "POST /holder/cases/{number}/joining": holder(CASE + "/joining", SELLER),
    "POST /holder/cases/{number}/inputs": holder(CASE + "/inputs", {"inputs": {}}),
    "POST /holder/cases/{number}/request": holder(CASE + "/request", {}, 201),
    "POST /holder/cases/{number}/answer": holder(CASE + "/answer"),
    "POST /holder/cases/{number}/submission": holder(CASE + "/submission"),
    "GET /holder/documents": holder("/documents"),
    "GET /holder/documents/{id}": holder("/documents/<document>"),
    "PUT /holder/cases/{number}/documents/{fact}": holder(CASE + "/documents/contract", then=201, file=PAPER),
    "POST /holder/cases/{number}/documents/{fact}/reuse": holder(CASE + "/documents/contract/reuse", AGAIN),
    "POST /holder/cases/{number}/review": holder(CASE + "/review", then=409),
    "POST /holder/cases/{number}/rating": holder(CASE + "/rating", {"stars": 5}, 409),
    "POST /holder/cases/{number}/asked-again": holder(CASE + "/asked-again", {"fact": "title"}),
    "POST /holder/withdraw": holder("/withdraw", {"wallet": "<wallet>"}),
    # who has a code, a token or a handle
    "POST /departments/token": bearer("/departments/token", 400, form={}),
    "POST /token": bearer("/token", 400, form={"grant_type": "refresh_token", "refresh_token": "<made up>"}),
    "POST /par": bearer("/par", 400, form={}),
    "GET /authorize": bearer("/authorize?client_id=x&request_uri=<made up>", 400),
    "HEAD /authorize": everybody("/authorize?client_id=x&request_uri=<made up>"),
    "POST /authorize": bearer("/authorize", 400, form={"login": "<made up>"}),
    "GET /authorize/progress": everybody("/authorize/progress?login=<made up>"),
    "POST /authorize-challenge": bearer("/authorize-challenge", 400, form={"auth_session": "<made up>"}),
    "POST /credential": bearer("/credential", 401, {}),
    "POST /deferred_credential": bearer("/deferred_credential", 401, {}),
    "POST /notification": bearer("/notification", 401, {}),
    "GET /offers/{handle}": bearer("/offers/<made up>", 404),
    "GET /openid4vp/{id}": bearer("/openid4vp/<made up>", 404),
    "POST /openid4vp/{id}": bearer("/openid4vp/<made up>", 404, form={}),
    "POST /openid4vp/{id}/response": bearer("/openid4vp/<made up>/response", 404, form={"error": "access_denied"}),
    "GET /metrics": bearer("/metrics", 401),
    "POST /issuers/{issuer}/messages": bearer("/issuers/{issuer}/messages", 401),
    "POST /p/{id}": bearer("/p/<made up>", 404),
    "POST /withdrawals": bearer("/withdrawals", 404, {"recovery_code": "<made up>"}),
    "POST /lost": bearer("/lost", 404, form={"recovery_code": "<made up>"}),
    # everybody
    "POST /nonce": everybody("/nonce"),
    "POST /p": everybody("/p", 422),
    "GET /p/{id}": everybody("/p/x"),
    "GET /": everybody("/"),
    "GET /c": everybody("/c"),
    "GET /lost": everybody("/lost"),
    "POST /check": everybody("/check", form={"text": "<number>"}),
    "POST /verify": everybody("/verify", 400, form={"text": "<number>"}),
    "GET /docs": everybody("/docs"),
    "GET /openapi.json": everybody("/openapi.json"),
    "HEAD /openapi.json": everybody("/openapi.json"),
    "GET /health": everybody("/health"),
    "GET /origins": everybody("/origins"),
    "GET /trust/{name}": everybody("/trust/root.json", 404),
    "GET /types/{type}/{version}": everybody("/types/<type>/1"),
    "GET /status": everybody("/status"),
    "GET /issuers/{issuer}/status": everybody("/issuers/{issuer}/status"),
    "GET /issuers/{issuer}/status/{number}": everybody("/issuers/{issuer}/status/0"),
    "GET /issuers/{issuer}/status/{number}/versions/{version}": everybody("/issuers/{issuer}/status/0/versions/1"),
    "GET /issuers/{issuer}/encryption-keys": everybody("/issuers/{issuer}/encryption-keys"),
    "GET /.well-known/openid-credential-issuer": everybody("/.well-known/openid-credential-issuer"),
    "GET /.well-known/oauth-authorization-server": everybody("/.well-known/oauth-authorization-server"),
    "GET /.well-known/jwt-vc-issuer/issuers/{issuer}": everybody("/.well-known/jwt-vc-issuer/issuers/{issuer}"),
    "GET /recompute.py": everybody("/recompute.py"),
    "GET /static/{name}": everybody("/static/lost.js"),
    "GET /web/{path:path}": everybody("/web/copy.js"),
    "POST /demo/revocation": everybody("/demo/revocation", 404),
    "GET /story/{name}.png": everybody("/story/x.png", 404),
    "GET /story/certificates/{number}.png": everybody("/story/certificates/1.png", 404),
    "GET /story/certificates/{number}.json": everybody("/story/certificates/1.json", 404),
}
