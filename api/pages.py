"""The front page: the story, certificates to look at, and a place to check any QR picture.

Server-rendered, in Chinese or English; everything works without scripts. What it needs from a run is
`story.Story`. Acting on the story (revoking its certificate) is for the sample town alone
(`Settings.sample_town`).
"""

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, HTMLResponse, Response
from fastapi.templating import Jinja2Templates

from api import story as stories
from api.letters import change_a_letter
from api.services import Services, Used
from registry import checking, pictures
from registry.checking import Checked
from registry.credential import Kind
from registry.errors import NotAllowed, NotFound, RegistryError
from registry.status_changes import Decision
from registry.verification import Expected
from registry.wording import CHECKS, OUTCOMES, VERDICTS, Words

HERE = Path(__file__).parent
STATIC = {
    "style.css": "text/css",
    "page.js": "text/javascript",
    "login.js": "text/javascript",
    "lost.js": "text/javascript",
    "seal.svg": "image/svg+xml",
}
WEB = HERE.parent / "wallet" / "web"
SCRIPTS = frozenset(path.relative_to(WEB).as_posix() for path in WEB.rglob("*.js"))
RECOMPUTE = HERE.parent / "scripts" / "recompute.py"
KINDS = frozenset({Kind.CODE, Kind.COPY})
REVOKED_BY_A_VISITOR = Decision(reason="cancelled_on_request", by="front page of the sample town")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

router = APIRouter(include_in_schema=False)
templates = Jinja2Templates(HERE / "templates")


@router.get("/")
def front(request: Request, services: Used) -> Response:
    """The front page."""
    return _page(request, services)


@router.get("/c")
def copy(request: Request) -> Response:
    """Where a printed copy's QR leads. What follows its `#` is not sent: the page checks it in the browser,
    and sends it only if the visitor asks for that."""
    return rendered(request, "copy.html", {})


@router.get("/p/{id}")
def linked(request: Request, services: Used) -> Response:
    """Where a wallet's link leads: the page takes what is behind it, opens it with the `#`, and asks."""
    return _page(request, services, linked=True)


@router.post("/check")
async def check(
    request: Request,
    services: Used,
    picture: Annotated[UploadFile | None, File()] = None,
    text: Annotated[str, Form(max_length=300_000)] = "",
    change: Annotated[bool, Form()] = False,
) -> Response:
    """Check a picture or a text; with `change`, after one letter of what it shows was changed."""
    data = await picture.read() if picture is not None else b""
    return await run_in_threadpool(_checked, request, services, data or text.encode(), change)


@router.post("/demo/revocation")
def revoke(request: Request, services: Used, text: Annotated[str, Form(max_length=300_000)] = "") -> Response:
    """Revoke the story's certificate, in the sample town only, and check again what was shown of it."""
    story = _story(services)
    if not services.runtime.settings.sample_town or story.revocable is None:
        raise NotFound("这里没有可供演示的证照。", "There is no certificate to try this on.")
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise NotAllowed("请在本页面上操作。", "Do this from the page itself.")
    revocable = story.revocable
    services.cases.changing.revoke(revocable.issuer, revocable.certificate_id, REVOKED_BY_A_VISITOR)
    return _checked(request, services, text.encode(), False)


@router.get("/story/{name}.png")
def story_picture(name: str, services: Used) -> Response:
    """A picture of the story."""
    path = stories.picture(_story(services), name, services.runtime.settings.data)
    if path is None:
        raise NotFound("没有这张图片。", "There is no such picture.")
    return FileResponse(path, media_type="image/png", headers={"Cache-Control": "no-store"})


@router.get("/story/certificates/{number}.png")
def certificate_picture(number: int, services: Used) -> Response:
    """The QR of a certificate's copy."""
    return Response(_drawn(_copy(services, number)), media_type="image/png")


@router.get("/story/certificates/{number}.json")
def certificate_receipt(number: int, services: Used) -> Response:
    """What was anchored, and the path to the root: enough for anybody to recompute it."""
    return Response(stories.receipt(_copy(services, number), services.trust()), media_type="application/json")


@router.get("/recompute.py")
def recompute() -> Response:
    """The independent script."""
    return FileResponse(RECOMPUTE, media_type="text/x-python", filename="recompute.py")


@router.get("/static/{name}")
def static(name: str) -> Response:
    """A file of the page."""
    if name not in STATIC:
        raise NotFound("没有这个文件。", "There is no such file.")
    return FileResponse(
        HERE / "static" / name, media_type=STATIC[name], headers={"Cache-Control": "max-age=300"}
    )


@router.get("/web/{path:path}")
def script(path: str) -> Response:
    """A file of what runs in the browser: the verifier, and the page that uses it."""
    if path not in SCRIPTS:
        raise NotFound("没有这个文件。", "There is no such file.")
    return FileResponse(WEB / path, media_type="text/javascript", headers={"Cache-Control": "max-age=300"})


@lru_cache(maxsize=32)
def _drawn(text: str) -> bytes:
    return pictures.draw(text, module=5)


def _story(services: Services) -> stories.Story:
    return stories.load(services.runtime.settings.data)


def _copy(services: Services, number: int) -> str:
    certificates = _story(services).certificates
    if not 0 <= number < len(certificates):
        raise NotFound("没有这份证照。", "There is no such certificate.")
    return certificates[number].copy


def _checked(request: Request, services: Services, data: bytes, change: bool) -> Response:
    """The report of a check as a part of the page, or as the whole page for a browser without scripts."""
    shown: dict[str, Any] = {}
    try:
        presentation = checking.presentation_in(checking.texts_in(data), services.trust())
        if change:
            presentation, shown["changed"] = change_a_letter(presentation)
        shown["checked"] = checking.check(
            presentation, services.trust(), Expected(kinds=KINDS), services.now(), use_once=services.use_once
        )
    except RegistryError as error:
        shown["refused"] = Words(error.zh, error.en)
    if request.headers.get("x-part"):
        return rendered(request, "_report.html", _report_context(services, **shown))
    return _page(request, services, **shown)


def _page(request: Request, services: Services, **shown: Any) -> Response:
    story = _story(services)
    context = {
        "linked": shown.pop("linked", False),
        "story": story,
        "cards": stories.cards(story, services.trust()),
        "names": {code: Words(each.zh, each.en) for code, each in services.trust().issuers.items()},
        "script": RECOMPUTE.read_text("utf-8"),
        **_report_context(services, **shown),
    }
    return rendered(request, "front.html", context)


def _report_context(
    services: Services,
    checked: Checked | None = None,
    changed: tuple[str, str, str] | None = None,
    refused: Words | None = None,
) -> dict[str, Any]:
    """What the report's template needs; only the story's own certificate can be revoked from it."""
    context: dict[str, Any] = {"refused": refused, "changed": changed, "report": None}
    if checked is None:
        return context
    report, revocable = checked.report, _story(services).revocable
    core = report["core"]
    known = services.trust().types.get((core["type"], core["type_version"])) if core else None
    return context | {
        "report": report,
        "presentation": checked.presentation,
        "definition": known.definition if known else None,
        "revocable": services.runtime.settings.sample_town
        and core is not None
        and revocable is not None
        and core["certificate_id"] == revocable.certificate_id,
    }


def rendered(
    request: Request, template: str, context: dict[str, Any], *, leads_to: str = "", address: str = ""
) -> HTMLResponse:
    """A page in the reader's language.

    leads_to: where a form's answer may lead besides here, as a Content-Security-Policy source. address: the
    page's own, for the link to the other language.
    """
    chinese = _language(request) == "zh"
    words = {"VERDICTS": VERDICTS, "CHECKS": CHECKS, "OUTCOMES": OUTCOMES}
    context |= words | {
        "lang": "zh-CN" if chinese else "en",
        "t": lambda zh, en: zh if chinese else en,
        "say": lambda pair: pair.zh if chinese else pair.en,
        "asked_lang": request.query_params.get("lang"),
        "other_language": _in_other_language(address, chinese),
    }
    policy = _POLICY.replace("form-action 'self'", f"form-action 'self' {leads_to}".rstrip())
    return templates.TemplateResponse(
        request,
        template,
        context,
        headers={"Content-Security-Policy": policy, "Cache-Control": "no-store", "Vary": "Accept-Language"},
    )


def _in_other_language(address: str, chinese: bool) -> str:
    path, _, query = address.partition("?")
    others = [(name, value) for name, value in parse_qsl(query) if name != "lang"]
    return f"{path}?{urlencode([*others, ('lang', 'en' if chinese else 'zh')])}"


def _language(request: Request) -> str:
    """`lang` in the address, or else the first language that the browser names."""
    asked = request.query_params.get("lang") or request.headers.get("accept-language", "zh")
    return "en" if asked.lower().startswith("en") else "zh"
