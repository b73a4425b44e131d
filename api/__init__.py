"""The API: one router an audience; routes translate and call a use case, nothing else."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Final

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.middleware.cors import CORSMiddleware

from api import departments, links, oauth, openid4vci, pages, problems, public, reference
from api.logs import Log
from api.services import Services
from registry.list_keeping import ListKeeper
from registry.runtime import Runtime
from registry.trust import Trust
from registry.trusting import TrustCache

LISTS_LOOKED_AT_EVERY: Final = 2.0
"""Seconds between two looks at the status lists."""
DESCRIPTION = """\
证通 Zhengtong: departments issue electronic certificates (电子证照), a chain anchors them, citizens carry
them, and anybody checks them in seconds.

* **Departments** get a token at `/departments/token` (OAuth 2.0 client credentials with `private_key_jwt`)
  and work under `/issuers/{issuer}/…`, each under its own code only.
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
        lifespan=_keep_lists,
        docs_url=None,
        redoc_url=None,
        responses={"4XX": {"model": problems.Problem, "description": "A refusal, in both languages."}},
    )
    cache = TrustCache(runtime.store, runtime.catalogue, runtime.settings, runtime.clock)
    app.state.services = Services.of(runtime, trust or cache.current)
    app.state.log = log or Log()
    for router in (
        oauth.router,
        departments.router,
        openid4vci.metadata,
        openid4vci.tokens,
        openid4vci.credentials,
        public.router,
        links.router,
        reference.router,
        pages.router,
    ):
        app.include_router(router)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=["DPoP-Nonce"],
    )
    problems.install(app, app.state.log)
    return app


@contextlib.asynccontextmanager
async def _keep_lists(app: FastAPI) -> AsyncIterator[None]:
    """While the API serves, its share of keeping the status lists fresh."""
    services: Services = app.state.services
    keeper = ListKeeper(services.store, services.sharing.lists, services.now)
    task = asyncio.create_task(_tick(keeper, app.state.log))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await run_in_threadpool(keeper.release)


async def _tick(keeper: ListKeeper, log: Log) -> None:
    while True:
        try:
            await run_in_threadpool(keeper.tick)
        except Exception as error:
            # The lists of the moment go on being served; what keeps them from being signed is logged.
            log("lists", error=type(error).__name__)
        await asyncio.sleep(LISTS_LOOKED_AT_EVERY)
