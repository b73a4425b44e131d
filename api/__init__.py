"""The API: one router an audience; routes translate and call a use case, nothing else."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Final

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.middleware.cors import CORSMiddleware

from api import (
    accesslog,
    at_window,
    authorisation,
    caching,
    cases,
    consents,
    departments,
    foreseen,
    heads,
    holders,
    links,
    login,
    lost,
    mandates,
    measures,
    metadata,
    notifications,
    oauth,
    objections,
    openapi,
    openid4vci,
    openid4vp,
    own_cases,
    pages,
    problems,
    provinces,
    public,
    queries,
    reference,
    tasks,
    tokens,
)
from api.logs import Log
from api.services import Services
from registry.cases.keeping import CaseKeeper
from registry.foreseen import Foreseeing
from registry.list_keeping import ListKeeper
from registry.runtime import Runtime
from registry.trust import Trust
from registry.trusting import TrustCache

LOOKED_AT_EVERY: Final = 2.0
"""Seconds between two looks at the status lists, at batches of queries, and at cases."""
DESCRIPTION = """\
证通 Zhengtong: departments issue electronic certificates (电子证照), a chain anchors them, citizens carry
them, and anybody checks them in seconds.

* **Departments** get a token at `/departments/token` (OAuth 2.0 client credentials with `private_key_jwt`)
  and work under `/issuers/{issuer}/…`, each under its own code only.
* **Registries** ask each other's departments by signed messages (RFC 9421), sealed for one department.
* **Wallets** claim by OpenID4VCI 1.0, beginning with an offer.
* **Everybody** reads type metadata, keys, status lists and trust files, and can have a picture checked.

Errors are problem documents (RFC 9457) in Chinese and English; the wallets' endpoints answer errors as
their specifications say. Nothing personal is ever in an address.
"""


def create_app(runtime: Runtime, trust: Callable[[], Trust] | None = None, log: Log | None = None) -> FastAPI:
    """The API over an opened runtime.

    trust: the trust state of the moment; by default the one kept from the followed chain.
    """
    app = FastAPI(
        title="证通 Zhengtong",
        version="1.0",
        description=DESCRIPTION,
        lifespan=_beside,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # the redirect would go to whatever host the request names
        responses={"4XX": {"model": problems.Problem, "description": "A refusal, in both languages."}},
    )
    serve_from(app, runtime, trust, log)
    for router in (
        oauth.router,
        departments.router,
        queries.router,
        measures.departments,
        cases.router,
        at_window.router,
        metadata.router,
        openid4vci.offered,
        authorisation.router,
        login.router,
        holders.router,
        accesslog.router,
        consents.holders,
        foreseen.router,
        own_cases.router,
        consents.departments,
        mandates.holders,
        mandates.departments,
        tasks.router,
        objections.holders,
        objections.departments,
        tokens.router,
        openid4vci.credentials,
        notifications.router,
        openid4vp.wallets,
        openid4vp.departments,
        provinces.router,
        public.router,
        links.router,
        reference.router,
        measures.router,
        lost.router,
        pages.router,
    ):
        app.include_router(router)
    app.add_middleware(heads.Heads, routers=(metadata.router, public.router, pages.router))
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=["WWW-Authenticate"],
    )
    problems.install(app)
    app.add_middleware(caching.NotKept)
    openapi.describe(app)
    return app


def serve_from(
    app: FastAPI, runtime: Runtime, trust: Callable[[], Trust] | None = None, log: Log | None = None
) -> None:
    """Let an app answer from this runtime from now on; the arguments are those of `create_app`."""
    cache = TrustCache(runtime.store, runtime.catalogue, runtime.settings, runtime.clock)
    app.state.services = Services.of(runtime, trust or cache.current, trust or cache.everywhere)
    app.state.metrics = measures.metrics_of(app.state.services)
    app.state.log = log or Log()


@contextlib.asynccontextmanager
async def _beside(app: FastAPI) -> AsyncIterator[None]:
    """While the API serves: its share of keeping the status lists fresh, of carrying on with cases, of
    answering batches, of looking at partner registries, and of offering."""
    services: Services = app.state.services
    keeper = ListKeeper(services.store, services.sharing.lists, services.now)
    cases_keeper = CaseKeeper(services.handling.world)
    batching, partners = services.cases.batching, services.cases.elsewhere.partners
    foreseeing = Foreseeing.of(services.runtime)
    tasks = [
        asyncio.create_task(_tick("lists", keeper.tick, app.state.log)),
        asyncio.create_task(_tick("cases", cases_keeper.tick, app.state.log)),
        asyncio.create_task(_tick("query batches", batching.step, app.state.log)),
        asyncio.create_task(_tick("partners", partners.look, app.state.log)),
        asyncio.create_task(_tick("offers", foreseeing.tick, app.state.log)),
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await run_in_threadpool(keeper.release)
        await run_in_threadpool(cases_keeper.release)
        await run_in_threadpool(foreseeing.release)


async def _tick(name: str, work: Callable[[], object], log: Log) -> None:
    while True:
        try:
            await run_in_threadpool(work)
        except Exception as error:
            # What was done goes on being served; what keeps the rest from being done is logged.
            log(name, error=type(error).__name__)
        await asyncio.sleep(LOOKED_AT_EVERY)
