"""A store that is written row by row, so that every measure can be counted by hand."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import SQLModel

from registry import accesslog, jcs
from registry.measures.counts import Scope
from registry.store import Store
from registry.store.tables import (
    Batch,
    Case,
    CaseFact,
    CaseParty,
    Certificate,
    DataKey,
    Department,
    Deployment,
    Document,
    MatterVersion,
)
from registry.vault import Vault
from registry.workingdays import WorkingDays

ZONE = ZoneInfo("Asia/Shanghai")
MARKET, POLICE, HOUSING = "11440100MB9A000306", "11440100MB9A00014G", "11440100MB9A00022B"
VAULT = Vault(bytes(32), b"\x01" * 32)
CALENDAR = WorkingDays(ZONE)
VERSION = "v1"
MATTER = {
    "facts": [
        {"name": "identity", "types": ["resident_identity"]},
        {"name": "household", "types": ["household_register_page"]},
        {"name": "insurance", "types": ["social_security"]},
        {"name": "floor_plan"},
    ]
}
HELD = frozenset({"resident_identity", "household_register_page", "social_security", "birth"})


def at(month: int, day: int, hour: int = 9) -> int:
    """A moment of 2026 in Shanghai."""
    return int(datetime(2026, month, day, hour, tzinfo=ZONE).timestamp())


NOW = at(11, 24)
NOVEMBER = (at(11, 1, 0), at(12, 1, 0))


def scope(since: int = NOVEMBER[0], until: int = NOVEMBER[1], **more: Any) -> Scope:
    given = {"calendar": CALENDAR, "held": HELD} | more
    return Scope(since, until, NOW, **given)


class Ledger:
    """The store. Case numbers, digests and identifiers are counted up."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._count = 0

    def found(self) -> None:
        """The departments, and what other rows refer to."""
        self.add(
            *(
                Department(code=code, name_zh=f"{name}局", name_en=name, kind="issues")
                for code, name in ((MARKET, "Market"), (POLICE, "Police"), (HOUSING, "Housing"))
            ),
            MatterVersion(version=VERSION, matter="open_restaurant", text=jcs.dumps(MATTER).decode()),
            DataKey(id=900, issuer=POLICE, wrapped=b"", created=0, retired_at=1),
            Deployment(
                id=1,
                chain_id=1,
                genesis=b"",
                issuer_registry="",
                certificate_registry="",
                code_hash=b"",
                block=0,
                block_hash=b"",
                epoch=1,
                state="live",
                created=0,
            ),
        )

    def add(self, *rows: SQLModel) -> None:
        with self.store.write() as session:
            for row in rows:
                session.add(row)
                session.flush()

    def number(self) -> int:
        self._count += 1
        return self._count

    def case(
        self,
        office: str = MARKET,
        *,
        opened: int = at(11, 2),
        ended: int | None = at(11, 3),
        clerk: str = "",
        holder: bytes = b"she",
    ) -> str:
        """A case with one party; its number."""
        number = f"C{self.number():06}"
        self.add(
            Case(
                id=number,
                matter="open_restaurant",
                rule_version=VERSION,
                office=office,
                responsible=office,
                opened_by=clerk,
                state="open" if ended is None else "ended",
                sealed=b"",
                created=opened,
                ended_at=ended,
            ),
            CaseParty(id=int(number[1:]), case=number, role="operator", holder=holder),
        )
        return number

    def cases(self, count: int, office: str = MARKET, **more: Any) -> list[str]:
        return [self.case(office, **more) for _ in range(count)]

    def proven(self, case: str, *names: str, source: str = "wallet", verdict: str = "valid") -> None:
        """Facts that certificates told."""
        for name in names:
            certificate = f"cert {self.number()}" if verdict == "valid" else ""
            self._fact(case, name, source, verdict, certificate, self.number().to_bytes(32))

    def document(self, case: str, kind: str, *, holder: bytes = b"she", when: int = at(11, 2)) -> bytes:
        """Hand a document in; its digest."""
        number = self.number()
        digest = number.to_bytes(32)
        self.add(
            Document(
                id=f"D{number:06}",
                holder=holder,
                kind=kind,
                media_type="application/pdf",
                salt=b"",
                digest=digest,
                sealed=b"",
                office=MARKET,
                size=1,
                created=when,
            )
        )
        self.stated(case, kind, digest)
        return digest

    def stated(self, case: str, kind: str, digest: bytes) -> None:
        """A document in a case: new to it, or used again."""
        self._fact(case, kind, "statement", "valid", "", digest)

    def _fact(self, case: str, name: str, source: str, verdict: str, certificate: str, digest: bytes) -> None:
        self.add(
            CaseFact(
                case=case,
                party=int(case[1:]),
                name=name,
                source=source,
                verdict=verdict,
                certificate_id=certificate,
                digest=digest,
                sealed=b"",
                at=at(11, 2),
            )
        )

    def batch(
        self,
        issuer: str,
        issued: Iterable[int],
        *,
        closed: int,
        block: int | None,
        type: str = "T",
        **more: Any,
    ) -> list[int]:
        """A batch of certificates issued at these moments; their row ids."""
        moments, number = list(issued), self.number()
        state = "sent" if block is None else "final"
        self.add(
            Batch(
                id=number,
                deployment=1,
                issuer=issuer,
                seq=number,
                root=b"",
                size=len(moments),
                created=closed,
                block_time=block,
                **({"state": state} | more),
            )
        )
        ids = []
        for place, moment in enumerate(moments):
            ids.append(
                self.certificate(issuer, type, moment, state="batched", batch=number, leaf_index=place)
            )
        return ids

    def certificate(self, issuer: str, type: str, issued: int, **more: Any) -> int:
        id = self.number()
        given: dict[str, Any] = {
            "id": id,
            "certificate_id": f"I{id}",
            "issuer": issuer,
            "type": type,
            "type_version": 1,
            "serial": str(id),
            "version": 1,
            "valid_from": 0,
            "status_list": 0,
            "status_idx": id,
            "canonical": b"",
            "leaf": id.to_bytes(32),
            "disclosures": b"",
            "data_key": 900,
            "lineage": id,
            "issued_at": issued,
        }
        self.add(Certificate(**(given | more)))
        return id

    def asked(
        self,
        issuer: str,
        outcome: str,
        rule: str = "r1",
        *,
        asker: str = HOUSING,
        when: int = at(11, 2),
        times: int = 1,
    ) -> None:
        """Decisions in the access log."""
        with self.store.write() as session:
            for _ in range(times):
                accesslog.append(
                    session,
                    issuer,
                    asker=asker,
                    clerk="clerk 3",
                    purpose="m",
                    rule=rule,
                    holder=b"she",
                    outcome=outcome,
                    answer=None,
                    vault=VAULT,
                    now=when,
                    randomness=bytes,
                )
