"""What the front page shows of a story: its steps, its pictures, and certificates to try things with."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from sqlmodel import col, select

from api.story import Revocable, Story, StoryBatch, StoryCertificate
from registry import finding
from registry.finding import Found
from registry.keys import replace_file
from registry.store.tables import Batch, ChainTransaction
from registry.usecases import UseCases
from scripts.sample_plan import Departments
from scripts.telling import Telling


@dataclass
class FrontPage:
    """number: of the citizen whom the story is of."""

    data: Path
    origin: str
    chain_url: str
    plan: Mapping[str, Any]
    cases: UseCases
    departments: Departments
    number: int

    def write(self, identity: Found, told: Telling, pictures: Mapping[str, str]) -> None:
        """Tell the front page. identity: hers. pictures: by name, their paths within the data folder."""
        now = self.cases.runtime.clock()
        shown = [identity, *self._certificates()]
        made = [
            StoryCertificate(
                each.issuer,
                each.certificate_id,
                self.cases.sharing.copies.copy(each.issuer, each.certificate_id, now).paper.link,
            )
            for each in shown
        ]
        story = Story(
            citizen=str(self.number + 1),
            origin=self.origin,
            chain_url=self.chain_url,
            pictures=dict(pictures),
            steps=tuple(told.steps),
            certificates=tuple(made),
            batches=self._batches(),
            revocable=Revocable(shown[1].issuer, shown[1].certificate_id),
        )
        replace_file(self.data / "story.json", msgspec.json.encode(story))

    def _certificates(self) -> list[Found]:
        """A business licence and a marriage certificate that no story uses, still valid, to be drawn."""
        story = self.plan["story"]
        spare = story[-1 - self.number % (len(story) // 2)]["licence"]["credit_code"]
        issuer = self.departments.code("market_regulation")
        civil = self.departments.code("civil_affairs")
        with self.cases.runtime.store.read() as session:
            vault, now = self.cases.runtime.sealed, self.cases.runtime.clock()
            licences = finding.by_number(session, vault, [issuer], spare, now)
            marriages = finding.by_number(session, vault, [civil], self._marriage_number(), now)
        return [*licences[:1], *marriages[:1]]

    def _marriage_number(self) -> str:
        definition = self.cases.runtime.catalogue.by_alias("marriage")
        name = next(each["file"] for each in self.plan["files"] if each["type"] == "marriage")
        with (self.data / "sample" / name).open(encoding="utf-8", newline="") as file:
            return next(csv.DictReader(file))[definition.number_claim]

    def _batches(self) -> tuple[StoryBatch, ...]:
        with self.cases.runtime.store.read() as session:
            rows = session.exec(
                select(Batch, ChainTransaction)
                .join(ChainTransaction, col(ChainTransaction.id) == col(Batch.chain_tx))
                .where(Batch.state == "final")
            ).all()
            return tuple(
                StoryBatch(
                    batch.issuer,
                    batch.seq,
                    batch.root.hex(),
                    batch.size,
                    batch.block_number or 0,
                    "0x" + (sent.mined_hash or b"").hex(),
                )
                for batch, sent in rows
            )
