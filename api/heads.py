"""HEAD for what anybody may read: as GET, without the body (RFC 9110, section 9.3.2)."""

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter
from starlette.routing import Route

from api.problems import Receive, Scope, Send


class Heads:
    """ASGI middleware. routers: whose GET routes answer HEAD.

    Not those whose GET does something: a login belongs to the browser that opens it first, and programs
    that preview a link ask by HEAD.
    """

    def __init__(self, app: Any, routers: Iterable[APIRouter]) -> None:
        self.app = app
        self.paths = [
            route.path_regex
            for router in routers
            for route in router.routes
            if isinstance(route, Route) and "GET" in (route.methods or ())
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD" or not self._is_read(scope["path"]):
            await self.app(scope, receive, send)
            return

        async def without_body(message: Any) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        read = {**scope, "method": "GET"}
        await self.app(read, receive, without_body)
        scope["route"] = read.get("route")

    def _is_read(self, path: str) -> bool:
        return any(pattern.match(path) for pattern in self.paths)
