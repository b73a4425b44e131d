"""The story's matter (一件事): opening a restaurant, from wallet to licence; nothing is handed in twice.

Everything goes over the public protocols, as `wallet case …` does it; only what a clerk does at a window goes
through the use cases, as `registry case …` does.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from registry.cases import Cases
from registry.usecases import UseCases
from scripts.sample_plan import Departments
from scripts.telling import StoryFailed, Telling
from wallet.answering import Answering, Asked
from wallet.casework import Casework, still_missing
from wallet.claiming import Claiming
from wallet.logging_in import Door

MATTER: Final = "open_restaurant"
LATER: Final = "floor_plan"
INPUTS: Final = {"items": "热食类食品制售；冷食类食品制售", "complaints": "12315"}
PLAN: Final = b"%PDF-1.4\n% a floor plan, as somebody drew it\n%%EOF\n"
CERTIFICATES, DEPARTMENTS = 5, 4
_DONE: Final = ("ended", "granted")


@dataclass(frozen=True, slots=True)
class Counted:
    """How the materials of a case came. not_again: by certificates; handed_in: papers of the holder's own."""

    not_again: int
    handed_in: int


@dataclass
class RestaurantStory:
    """One citizen opens a restaurant. claiming: her logged-in wallet. address: of the premises."""

    cases: UseCases
    departments: Departments
    telling: Telling
    claiming: Claiming
    origin: str
    address: str
    number: str = field(init=False, default="")

    def __post_init__(self) -> None:
        self.work = Casework(Door(self.claiming), self.origin)
        self.answering = Answering(self.claiming.wallet, self.claiming.http, self.claiming.clock)

    def play(self) -> Counted:
        """From the opening to the rating. Raises StoryFailed where something is not as it should be."""
        self._opened()
        self._presented()
        self._decided()
        self._kept()
        return self._counted()

    def _opened(self) -> None:
        with self.telling.step(
            "她在钱包里办理“开饭店一件事”，先看清还缺什么，什么都还没有发出",
            "She opens a case in her wallet, and sees what it needs before anything is sent",
        ) as verdict:
            needs = self.work.matter(MATTER)
            held = [each["name"] for each in needs["facts"] if each.get("held")]
            self.number = self.work.open(
                MATTER, "operator", INPUTS | {"business_address": self.address}, uuid.uuid4().hex
            )
            missing = [each["name"] for each in self.work.show(self.number)["missing"]]
            if not held or LATER not in missing:
                raise StoryFailed(f"held by departments: {held}, missing: {missing}")
            verdict.note = (
                f"wallet case open {MATTER} --inputs FILE --file {self.claiming.wallet.path}  "
                f"(passphrase sample; case {self.number}; departments hold {len(held)} of it)"
            )

    def _presented(self) -> None:
        with self.telling.step(
            "她一次出示四个部门（其中一个在外省）的五种证照，并承诺三十日内补交场所平面图",
            "She shows five certificates of four departments (one of another province) at once, and promises "
            "the floor plan within thirty days",
        ) as verdict:
            read = self.answering.read(self.work.request(self.number, [LATER]))
            asked = self.answering.consider(read)
            if lacking := still_missing(self.work.show(self.number), asked, [LATER]):
                raise StoryFailed(f"still missing: {[each['name'] for each in lacking]}")
            if not any(LATER in str(each) or "promise" in each for each in asked.agreeing):
                raise StoryFailed("the wallet was not shown what it promises")
            self.answering.send(asked, optional=True)
            if (taken := self.work.take(self.number)) != "answered":
                raise StoryFailed(f"the answer was not taken: {taken}")
            facts = self._facts("wallet")
            verdicts = {each["verdict"] for each in facts}
            issuers = {each.held.configuration.partition(".")[0] for each in _shown(asked)}
            if (len(facts), len(issuers)) != (CERTIFICATES, DEPARTMENTS):
                raise StoryFailed(f"{len(facts)} certificates of {len(issuers)} departments")
            verdict.verdict = verdicts.pop() if len(verdicts) == 1 else "mixed"
            verdict.note = f"wallet case promise {self.number} {LATER}"
            verdict.expect("valid")

    def _decided(self) -> None:
        zh, en = self.departments.names("market_regulation")
        with self.telling.step(
            f"{zh}秒批：规则授予，食品经营许可证和综合许可证即时颁发",
            f"{en} decides in seconds: the rule grants, and the licences are issued",
        ) as verdict:
            by_hand, outcome = f"wallet case submit {self.number}", self.work.submit(self.number)["outcome"]
            if outcome == "person":  # 2 in 100 are drawn: a person decides first, without the rule's word
                cases = Cases.of(self.cases)
                cases.deciding.by_person(self.number, "sample clerk", "grant", "drawn / 抽查")
                cases.effects.carry_out(self.number)
                office = self.departments.code("market_regulation")
                by_hand += f"; registry case decide {self.number} grant --as {office} --clerk ME"
            elif outcome != "grant":
                raise StoryFailed(f"the case was not decided: {outcome}")
            case = self.work.show(self.number)
            if case["state"] not in _DONE or case["decision"]["outcome"] != "grant":
                raise StoryFailed(f"the case is {case['state']}")
            issued = [each for each in case["effects"] if each["certificate_id"]]
            if not issued:
                raise StoryFailed("nothing was issued")
            verdict.note = f"{by_hand}  (issued: {len(issued)})"

    def _kept(self) -> None:
        with self.telling.step(
            "她补交平面图，承诺兑现；办件评价五星",
            "She hands the floor plan in: the promise is kept. She rates the case",
        ) as verdict:
            self.work.document(self.number, LATER, PLAN, "application/pdf")
            self.work.rate(self.number, 5)
            promises = {each["name"]: each["state"] for each in self.work.show(self.number)["promises"]}
            if promises != {LATER: "kept"}:
                raise StoryFailed(f"promises: {promises}")
            verdict.note = (
                f"wallet case document {self.number} {LATER} FILE; wallet case rate {self.number} 5"
            )

    def _counted(self) -> Counted:
        proven = [each for each in self._facts("wallet", "query") if each["verdict"] == "valid"]
        counted = Counted(len(proven), len(self._facts("statement")))
        whole = counted.not_again + counted.handed_in
        self.telling.say(
            f"       [bold]材料 {whole} 件，其中 {counted.not_again} 件无需重复提交 / "
            f"materials not handed in again: {counted.not_again} of {whole}[/bold]"
        )
        return counted

    def _facts(self, *sources: str) -> list[Mapping[str, Any]]:
        return [each for each in self.work.show(self.number)["facts"] if each["source"] in sources]


def _shown(asked: Asked) -> tuple[Any, ...]:
    return (*asked.showings, *asked.optional)
