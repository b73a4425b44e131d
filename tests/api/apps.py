"""Apps over a town: made once and used by one town after the other, for 150 routes take a second to make."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fastapi import FastAPI

import api
from api.logs import Log
from registry.runtime import Runtime
from registry.trust import Trust

_spare: list[FastAPI] = []


@contextmanager
def app_over(runtime: Runtime, trust: Callable[[], Trust], log: Log) -> Iterator[FastAPI]:
    """An app that answers from this runtime, and belongs to nobody else within the block."""
    if _spare:
        app = _spare.pop()
        api.serve_from(app, runtime, trust, log)
    else:
        app = api.create_app(runtime, trust, log)
    yield app
    _spare.append(app)
