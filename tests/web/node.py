"""The JavaScript verifier, asked from Python: one Node process, a JSON line for a question."""

import base64
import json
import subprocess
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any, Self

from registry import bundlepayload, jcs
from registry.trust import Trust
from registry.verification import Expected
from tests.node import NODE

PROGRAM = Path(__file__).with_name("verifier.mjs")


class Refused(Exception):
    """What the JavaScript side refused: kind, zh, en; kind None where it stumbled."""

    def __init__(self, said: dict[str, Any]) -> None:
        super().__init__(said["stack"])
        self.kind, self.zh, self.en = said["kind"], said.get("zh"), said.get("en")


class Node:
    """The process; trust states that it has taken in have a name."""

    def __init__(self, program: Path = PROGRAM) -> None:
        self.process = subprocess.Popen(
            [NODE, str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        self._names = count()
        self._lock = Lock()

    def ask(self, does: str, **given: Any) -> Any:
        """The answer. Raises Refused."""
        assert self.process.stdin is not None and self.process.stdout is not None
        with self._lock:
            self.process.stdin.write(json.dumps({"does": does, **given}) + "\n")
            self.process.stdin.flush()
            said = json.loads(self.process.stdout.readline())
        if "refused" in said:
            raise Refused(said["refused"])
        return said["answer"]

    def new_name(self) -> str:
        """A name for one more trust state."""
        return str(next(self._names))

    def trust(self, trust: Trust) -> str:
        """Take in a trust state as it is in memory; its name."""
        name = self.new_name()
        final = bundlepayload.pack(trust)
        packed = {
            (each.code, each.roots.first + i) for each in final.issuers for i in range(len(each.roots.sizes))
        }
        young = [
            {
                "issuer": code,
                "seq": seq,
                "root": base64.b64encode(batch.root).decode(),
                "size": batch.size,
                "time": batch.time,
                "final": batch.final,
                "voided": batch.voided,
                "replaced": batch.replaced,
            }
            for code, issuer in trust.issuers.items()
            for seq, batch in issuer.roots.items()
            if (code, seq) not in packed
        ]
        self.ask(
            "trust",
            name=name,
            payload=jcs.dumps(final).decode(),
            words_fresh_until=trust.words_fresh_until,
            fresh_until=[(uri, each.fresh_until) for uri, each in trust.lists.items()],
            young=young,
        )
        return name

    def verify(
        self,
        presentation: str,
        trust: str,
        expected: Expected,
        now: int,
        at: int | None = None,
        *,
        dated: bool = False,
    ) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """Report and guard."""
        said = self.ask(
            "verify",
            trust=trust,
            presentation=presentation,
            expected={
                "kinds": [str(kind) for kind in expected.kinds],
                "audience": expected.audience,
                "nonce": expected.nonce,
                "holder": expected.holder,
                "certificate_id": expected.certificate_id,
            },
            now=now,
            at=at,
            dated=dated,
        )
        return said["report"], said["guard"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(10)
