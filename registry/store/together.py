"""Group commit: small writes that come at the same moment share one transaction, and its one sync to disk.

A commit that survives a power cut costs many times what a row costs, and SQLite's writers wait for each other
by sleeping. So whoever comes first writes for all who came meanwhile; nobody returns before the commit.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlmodel import Session

T = TypeVar("T")


@dataclass(eq=False, slots=True)
class _Piece:
    """One caller's work. turn: set when it is done, or when this caller is to write for all who wait."""

    work: Callable[[Session], Any]
    turn: threading.Event = field(default_factory=threading.Event)
    outcome: Future[Any] = field(default_factory=Future)


class Together:
    """Threads' small writes, in groups. write: opens a transaction."""

    def __init__(self, write: Callable[[], AbstractContextManager[Session]]) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._waiting: list[_Piece] = []
        self._led = False

    def __call__(self, work: Callable[[Session], T]) -> T:
        """What `work` returns, once it is durable; what it raises, with nothing of it stored.

        work: changes nothing but the store, and may be called again after its changes were undone.
        """
        piece = _Piece(work)
        with self._lock:
            self._waiting.append(piece)
            if not self._led:
                self._led = True
                piece.turn.set()
        piece.turn.wait()
        if not piece.outcome.done():
            self._lead()
        result: T = piece.outcome.result()
        return result

    def _lead(self) -> None:
        """Write for all who wait now, then let one who came meanwhile lead."""
        with self._lock:
            group, self._waiting = self._waiting, []
        try:
            self._carry_out(group)
        finally:
            with self._lock:
                self._led = bool(self._waiting)
                if self._led:
                    self._waiting[0].turn.set()
            for piece in group:
                piece.turn.set()

    def _carry_out(self, group: Sequence[_Piece]) -> None:
        try:
            with self._write() as session:
                results = [piece.work(session) for piece in group]
        except BaseException as error:
            if len(group) == 1:
                group[0].outcome.set_exception(error)
                return
            for piece in group:  # one of them spoilt it: each for itself
                self._carry_out([piece])
        else:
            for piece, result in zip(group, results, strict=True):
                piece.outcome.set_result(result)
