"""What the routes call: the use cases of one process, and how a route gets at them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from registry.cases import Cases
from registry.lists import newest_origin
from registry.nonces import use_once
from registry.runtime import Runtime
from registry.sharing import Sharing
from registry.store import Store
from registry.trust import Trust
from registry.usecases import UseCases


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases of one API process. trust: the trust state of the moment. handling: cases (办件)."""

    runtime: Runtime
    cases: UseCases
    trust: Callable[[], Trust]
    handling: Cases

    @classmethod
    def of(
        cls, runtime: Runtime, trust: Callable[[], Trust], everywhere: Callable[[], Trust] | None = None
    ) -> "Services":
        """Put together from an opened runtime. everywhere: the trust state with partner registries."""
        use_cases = UseCases.of(runtime, trust, everywhere)
        return cls(runtime, use_cases, trust, Cases.of(use_cases))

    @property
    def sharing(self) -> Sharing:
        """Offers, claims, copies."""
        return self.cases.sharing

    @property
    def store(self) -> Store:
        """The store."""
        return self.runtime.store

    def now(self) -> int:
        """Unix seconds."""
        return self.runtime.clock()

    def origin(self) -> str:
        """The public origin: `credential_issuer`, and the base of every address."""
        with self.store.read() as session:
            return newest_origin(session).origin

    def use_once(self, audience: str, nonce: str, expires: int) -> bool:
        """`nonces.use_once` in a transaction of its own."""
        with self.store.write() as session:
            return use_once(session, audience, nonce, expires)


async def services_of(request: Request) -> Services:
    """The services of the app that this request came to.

    Waits for nothing; a plain function would be sent to a thread and back for every request.
    """
    services: Services = request.app.state.services
    return services


Used = Annotated[Services, Depends(services_of)]
