"""The worker's process: opened from settings, one round after another until it is told to end."""

import logging
import threading
import traceback
from pathlib import Path

from registry.artefacts import Inspection
from registry.chain.node import fund
from registry.chain.rpc import ChainRefused, ChainUnreachable, JsonRpcChain
from registry.runtime import Runtime
from registry.settings import Settings
from registry.worker import Worker

POLL, LONGEST_POLL = 0.15, 0.6
"""Seconds between two rounds in which nothing was done: at first, and when long nothing was."""

LEAST_BALANCE = 10**18
log = logging.getLogger("registry.worker")


def run_worker(settings: Settings, ended: threading.Event) -> None:
    """Works until `ended` is set. Before the registry is founded it waits for its keys.

    Raises:
        KeysClosed: the passphrase does not fit.
    """
    while not (settings.keys / "worker.ring").exists():
        if ended.wait(POLL):
            return
    runtime = Runtime.open(settings, "worker")
    chain = JsonRpcChain(settings.chain_url)
    worker = make_worker(runtime, chain)
    try:
        loop(worker, ended)
        worker.release()
    finally:
        chain.close()
        runtime.close()


def make_worker(runtime: Runtime, chain: JsonRpcChain) -> Worker:
    """A worker over an opened runtime and a node."""

    def fund_where_local(address: str) -> None:
        if chain.balance(address) < LEAST_BALANCE:
            fund(chain, address)

    settings = runtime.settings
    return Worker(
        store=runtime.store,
        chain=chain,
        ring=runtime.ring,
        inspection=Inspection(runtime.sealed, runtime.catalogue),
        clock=runtime.clock,
        confirmations=settings.confirmations,
        batch_after=settings.batch_after,
        batch_size=settings.batch_size,
        heads_every=settings.heads_every,
        fund=fund_where_local,
    )


def loop(worker: Worker, ended: threading.Event) -> None:
    """Rounds until `ended` is set. Trouble is logged once, not every time."""
    trouble, poll = "", POLL
    while not ended.is_set():
        busy, said = False, ""
        try:
            busy = worker.round().worked
        except (ChainUnreachable, ChainRefused) as error:
            said = type(error).__name__
        except Exception as error:  # one department's trouble must not end the others' work
            said = place_of(error)
        if said and said != trouble:
            log.error("the round could not be finished: %s", said)
        trouble = said
        if busy:
            poll = POLL
        else:
            ended.wait(poll)
            poll = longer(poll, LONGEST_POLL)


def longer(poll: float, longest: float) -> float:
    """How long to wait the next time nothing was done: a town at rest should cost next to nothing."""
    return min(poll * 1.5, longest)


def place_of(error: Exception) -> str:
    """Kind and place of an error, without its message: that might quote a row."""
    frames = traceback.extract_tb(error.__traceback__)
    places = ", ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames[-3:])
    return f"{type(error).__name__} at {places}"
