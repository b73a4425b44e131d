"""`GET /metrics` for whoever operates the registry, and the measures for departments."""

import hmac
from datetime import date
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from api.oauth import Asking
from api.problems import Problem
from api.services import Services, Used
from registry.errors import NotFound, RegistryError
from registry.health import look
from registry.measures import forms
from registry.measures.measuring import Measuring
from registry.measures.metrics import CONTENT_TYPE, Metrics

router = APIRouter(tags=["Operators"])
departments = APIRouter(prefix="/issuers/{issuer}", tags=["Departments"])

_TEXT: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/plain": {}}, "description": "Prometheus text format 0.0.4."},
    401: {"model": Problem, "description": "No token, or not the one of the settings."},
    404: {"model": Problem, "description": "No token is set: nobody scrapes this registry."},
}


class BadMetricsToken(RegistryError):
    """Not the token of the settings."""

    kind = "bad-metrics-token"
    status = 401
    mender = "operator"

    def __init__(self) -> None:
        super().__init__("需要抓取指标的令牌。", "This needs the token for scraping.")


def metrics_of(services: Services) -> Metrics:
    """What is scraped from this process. Raises BadThresholds, BadRights, BadCalendar."""
    runtime, settings = services.runtime, services.runtime.settings
    health = partial(look, head_age=settings.head_age, heads_every=settings.heads_every)
    return Metrics(
        Measuring.of(settings, runtime.store, runtime.vault, runtime.catalogue, runtime.clock),
        lambda session: health(session, now=services.now()),
        settings.metrics_days,
        settings.metrics_every,
    )


@router.get("/metrics", summary="What Prometheus scrapes", response_class=Response, responses=_TEXT)
def metrics(request: Request, services: Used) -> Response:
    """State and measures by department; nobody in them. Only with the token of `ZT_METRICS_TOKEN`."""
    token = services.runtime.settings.metrics_token
    if not token:
        raise NotFound("没有找到。", "Nothing here by that name.")
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(shown.encode(), token.encode()):
        raise BadMetricsToken
    found: Metrics = request.app.state.metrics
    return Response(found.text(), media_type=CONTENT_TYPE)


@departments.get("/measures", summary="The measures, by department")
def measures(
    client: Asking,
    request: Request,
    since: Annotated[date, Query(description="First day; whole months are told.")],
) -> JSONResponse:
    """Whole months that are over, ranked; small counts are left out, but for the department's own."""
    found: Metrics = request.app.state.metrics
    measured = found.measuring.open_report(since, own=client.code, logs=False)
    return JSONResponse(forms.as_json(measured))
