"""`/authorize`, the page of the one door: a wallet shows the identity certificate, and one action allows.

The address names the pushed request; who may go on with it is said by a cookie that only the first browser
has. Everything works without scripts; with them the page goes on by itself.
"""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from sqlmodel import Session

from api.authorisation import REQUEST_URI, begun
from api.authorisation_request import asked
from api.pages import rendered
from api.protocol_errors import NO_STORE, ProtocolError
from api.services import Services, Used
from registry import door, pictures, redirects, secrets
from registry.door import NoLogin, NothingToGive
from registry.entitlements import Entitlement
from registry.errors import RegistryError
from registry.proving import Progress, Proving
from registry.redirects import BadRedirect
from registry.store.tables import Ground, Login
from registry.wording import Words

COOKIE: Final = "zt_login"
PATH: Final = "/authorize"
_MOST: Final = 30
"""Parameters that a request may have."""
_GROUNDS: Final = {
    Ground.REPRESENTATIVE: Words("以法定代表人身份", "as legal representative"),
    Ground.GUARDIAN: Words("以监护人身份", "as guardian"),
}
_HTML: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/html": {}}, "description": "The page."},
    303: {
        "description": "Back to the wallet, with `error`; or to this page, for parameters that were pushed."
    },
    "4XX": {"content": {"text/html": {}, "application/problem+json": {}}, "description": "No such login."},
    503: {"content": {"text/html": {}}, "description": "Nobody can ask for the identity certificate now."},
}
_PARAMETERS: Final = [
    {"name": name, "in": "query", "required": False, "schema": {"type": "string"}}
    for name in ("client_id", "request_uri", "response_code")
]
_AS_AGENT: Final = Words("受法定代表人委托", "appointed by the legal representative")

router = APIRouter()


class _Refused(Exception):
    """The login goes no further, and nobody can be sent back. words: for the person."""

    def __init__(self, words: Words, status: int = 400) -> None:
        super().__init__(words.en)
        self.words = words
        self.status = status


class _Page:
    """One login in one browser, for the length of one request."""

    def __init__(self, request: Request, services: Services, given: Mapping[str, str]) -> None:
        self.request, self.services, self.given = request, services, given
        self.proving = Proving.of(services.cases)
        self.cookie = request.cookies.get(COOKIE)
        self.new_cookie = secrets.token(services.sharing.randomness)

    @property
    def address(self) -> str:
        """This login's page, and nothing else in its query but the language."""
        names = ("client_id", "request_uri", "lang")
        return f"{PATH}?{urlencode({name: self.given[name] for name in names if name in self.given})}"

    def login(self, session: Session) -> Login:
        """Raises NoLogin."""
        return door.enter(
            session,
            **self._named(),
            browser=self.cookie,
            new_browser=self.new_cookie,
            now=self.services.now(),
        )

    def entered(self, session: Session) -> Login:
        """The same, only to look at it. Raises NoLogin."""
        return door.entered(session, **self._named(), browser=self.cookie, now=self.services.now())

    def _named(self) -> dict[str, str]:
        uri = self.given.get("request_uri", "")
        if not uri.startswith(REQUEST_URI):
            raise NoLogin
        return {"handle": uri.removeprefix(REQUEST_URI), "client": self.given.get("client_id", "")}

    def shown(self, session: Session, login: Login) -> dict[str, Any]:
        """What the template needs, by how far the login has come."""
        progress = self.proving.learn(session, login, self.given.get("response_code"))
        found: dict[str, Any] = {
            "stage": progress.value,
            "client": login.client,
            "holder_scope": bool(login.scope),
            "back": redirects.shown(login.redirect_uri),
            "hidden": {name: self.given[name] for name in ("client_id", "request_uri")},
            "page": self.address,
        }
        if progress == Progress.WAITING:
            links = self.proving.links(session, login, f"{self.services.origin()}{self.address}")
            picture = b64encode(pictures.draw(links.across)).decode()
            return found | {"here": links.here, "picture": f"data:image/png;base64,{picture}"}
        if progress == Progress.PROVEN:
            try:
                given = door.offered(
                    session,
                    login,
                    self.services.runtime,
                    self.proving.identity_type,
                    self.services.now(),
                )
            except NothingToGive:
                return found | {"stage": "nothing"}
            return found | {"certificates": [self._card(each) for each in given.certificates]}
        return found

    def _card(self, each: Entitlement) -> dict[str, Any]:
        row = each.certificate
        issuer = self.services.trust().issuers.get(row.issuer)
        name = self.services.runtime.catalogue.definition(row.type, row.type_version).name
        return {
            "lineage": row.lineage,
            "type": Words(name.zh, name.en),
            "issuer": Words(issuer.zh, issuer.en) if issuer else Words(row.issuer, row.issuer),
            "ground": _AS_AGENT if each.appointed else _GROUNDS.get(Ground(each.granting.ground)),
        }

    def answered(self, login: Login, **members: str) -> Response:
        """The authorisation response (RFC 6749, sections 4.1.2 and 4.1.2.1; RFC 9207)."""
        return _sent_back(login.redirect_uri, login.state, self.services.origin(), **members)

    def rendered(self, context: dict[str, Any], redirect_uri: str) -> HTMLResponse:
        """The page; its forms may lead to the wallet. A browser that had no cookie gets one."""
        response = rendered(
            self.request, "login.html", context, leads_to=redirects.source(redirect_uri), address=self.address
        )
        if self.cookie is None:
            secure = self.services.origin().startswith("https:")
            response.set_cookie(
                COOKIE, self.new_cookie, path=PATH, httponly=True, samesite="lax", secure=secure
            )
        return response


@router.get(
    PATH,
    summary="The login page",
    tags=["Wallets"],
    response_class=HTMLResponse,
    responses=_HTML,
    openapi_extra={"parameters": _PARAMETERS},
)
def page(request: Request, services: Used) -> Response:
    """Where a wallet sends its user's browser with the `request_uri` of a pushed request (RFC 9126).

    The page asks any wallet for the identity certificate, by QR or on the same device, lists everything that
    every issuer holds for that person, and goes back with `code`, `state` and `iss` (RFC 9207).
    Unpushed requests are taken where the setting `require_par` says so.
    """
    try:
        given = _once(request.query_params.multi_items())
        if "request_uri" not in given:
            return _unpushed(services, given)
        this = _Page(request, services, given)
        with services.store.write() as session:
            login = this.login(session)
            context, redirect_uri = this.shown(session, login), login.redirect_uri
        if "response_code" in given:
            return RedirectResponse(this.address, 303, NO_STORE)
        return this.rendered(context, redirect_uri)
    except _Refused as refused:
        return _said(request, refused.words, refused.status)
    except RegistryError as error:
        return _said(request, Words(error.zh, error.en), error.status)


@router.head(PATH, include_in_schema=False)
def head() -> Response:
    """For programs that preview a link: the login is taken from nobody."""
    return HTMLResponse(headers=NO_STORE)


@router.get(f"{PATH}/progress", include_in_schema=False)
def progress(request: Request, services: Used) -> JSONResponse:
    """Whether the page still waits, for its script: if not, it is loaded anew. Nothing changes by asking."""
    try:
        this = _Page(request, services, _once(request.query_params.multi_items()))
        with services.store.read() as session:
            waiting = this.proving.is_waiting(this.entered(session))
    except (_Refused, RegistryError):
        waiting = False
    return JSONResponse({"waiting": waiting}, headers=NO_STORE)


async def _form(request: Request) -> list[tuple[str, str]]:
    return [(name, value) for name, value in (await request.form()).multi_items() if isinstance(value, str)]


@router.post(PATH, include_in_schema=False)
def decide(
    request: Request, services: Used, form: Annotated[list[tuple[str, str]], Depends(_form)]
) -> Response:
    """What the person decided: `allow` what is ticked, `deny`, or ask a wallet `again`."""
    try:
        chosen = {value for name, value in form if name == "certificate"}
        this = _Page(request, services, _once((name, value) for name, value in form if name != "certificate"))
        if this.cookie is None or request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            raise NoLogin
        with services.store.write() as session:
            login = this.login(session)
            response = _decided(session, this, login, chosen)
    except _Refused as refused:
        return _said(request, refused.words, refused.status)
    except RegistryError as error:
        return _said(request, Words(error.zh, error.en), error.status)
    return response


def _decided(session: Session, this: _Page, login: Login, chosen: set[str]) -> Response:
    now, services = this.services.now(), this.services
    action = this.given.get("action")
    if action == "again":
        login.request = login.request_here = None
        session.add(login)
    elif action == "deny":
        door.end(session, login, now)
        return this.answered(login, error="access_denied")
    elif action == "allow" and this.proving.learn(session, login) == Progress.PROVEN:
        given = door.offered(session, login, services.runtime, this.proving.identity_type, now)
        lineages = [each.certificate.lineage for each in given.certificates]
        ticked = [each for each in lineages if str(each) in chosen]
        holder = "holder" in this.given
        if ticked or (holder and given.holder_scope):
            code = door.allow(
                session,
                login,
                ticked,
                holder_scope=holder,
                now=now,
                randomness=services.sharing.randomness,
            )
            return this.answered(login, code=code)
    return RedirectResponse(this.address, 303, NO_STORE)


def _unpushed(services: Services, given: Mapping[str, str]) -> Response:
    """Parameters in the address, where that is allowed: kept like a pushed request, and the page opened."""
    if services.runtime.settings.require_par:
        raise _Refused(
            Words("授权请求须先推送（PAR）。", "The authorisation request must be pushed first (PAR).")
        )
    try:
        redirect_uri = redirects.checked_redirect(given.get("redirect_uri", ""))
    except BadRedirect as error:
        raise _Refused(Words(error.zh, error.en)) from error
    if not given.get("client_id"):
        raise _Refused(Words("缺少 client_id。", "client_id is missing."))
    try:
        handle = begun(services, asked(given, services, key=None), door.PUSHED_LIFE)
    except ProtocolError as error:
        return _sent_back(
            redirect_uri,
            given.get("state", ""),
            services.origin(),
            error=error.code,
            error_description=error.description,
        )
    query = {"client_id": given["client_id"], "request_uri": REQUEST_URI + handle}
    query |= {"lang": given["lang"]} if "lang" in given else {}
    return RedirectResponse(f"{PATH}?{urlencode(query)}", 303, NO_STORE)


def _sent_back(redirect_uri: str, state: str, issuer: str, **members: str) -> Response:
    parameters = members | ({"state": state} if state else {}) | {"iss": issuer}
    return RedirectResponse(redirects.with_parameters(redirect_uri, parameters), 303, NO_STORE)


def _once(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Each parameter once (RFC 6749, section 3.1)."""
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found or len(found) >= _MOST or len(value) > 20_000:
            raise _Refused(Words("请求参数重复或过长。", "A parameter comes twice or is too long."))
        found[name] = value
    return {name: value for name, value in found.items() if value}


def _said(request: Request, words: Words, status: int) -> Response:
    """A page that says why nothing goes on here."""
    response = rendered(request, "login.html", {"stage": "over", "why": words, "page": PATH})
    response.status_code = status
    return response
