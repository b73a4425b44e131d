"""The story: a citizen claims, shows and loses her phone; departments check, ask and revoke. All of it real.

Departments act through their use cases as `registry …` does, the wallet over the public protocols, checks run
against the signed trust bundle. Every step says how to do it by hand.
"""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
from sqlmodel import select

from registry import asking, b64, bundle, certificate, credential, finding, pictures
from registry.answer_checking import check_answer
from registry.chain.rpc import JsonRpcChain
from registry.finding import Found
from registry.signing import SigningKey
from registry.status import read_entry
from registry.status_changes import Decision
from registry.store.tables import Certificate, PublicKey, Setting
from registry.trust import Trust
from registry.usecases import UseCases
from scripts.department import DepartmentSystem
from scripts.front_page import FrontPage
from scripts.matter_story import Counted, RestaurantStory
from scripts.overstepping import Overstepping
from scripts.sample_plan import Departments
from scripts.telling import StoryFailed, Telling, Verdict
from wallet.answering import Answering
from wallet.claiming import Claiming, Outcome, withdraw
from wallet.keyfile import WalletFile
from wallet.logging_in import Door
from wallet.presenting import find, present, proof_code
from wallet.sample_provider import SampleProvider

NEXT = "story.next"
CLERK = "sample clerk"
LISTS_COME_IN, WORDS_COME_IN, A_MOMENT = 60, 60, 20
"""Seconds."""
SHOWN = ("company_name", "credit_code", "kind")
ASKED_AT_ONCE = (
    ("resident_identity", ("name", "age_over_18")),
    ("business_licence", ("company_name", "credit_code")),
)
TAX_MATTER, SCHOOL_MATTER = "tax_registration", "school_enrolment"


@dataclass(frozen=True)
class Neighbour:
    """The registry of another province. final: how many certificates it has on the chain."""

    plan: Mapping[str, Any]
    origin: str
    cases: UseCases
    final: int


@dataclass
class Play:
    """One telling, for one citizen."""

    data: Path
    origin: str
    chain_url: str
    plan: Mapping[str, Any]
    cases: UseCases
    overstepping: Overstepping
    school: DepartmentSystem
    neighbour: Neighbour
    telling: Telling
    http: httpx.Client

    def __post_init__(self) -> None:
        self.departments = Departments(self.plan)
        self.pictures: dict[str, str] = {}
        self.number, self.citizen = self._next_citizen()
        self.folder = self.data / "story" / f"{self.number:03d}"
        self.folder.mkdir(parents=True, exist_ok=True)

    def now(self) -> int:
        """Unix seconds."""
        return self.cases.runtime.clock()

    def play(self) -> Counted:
        """Play it to the end; how the materials of its matter came.

        Raises StoryFailed where something is not as it should be.
        """
        with ThreadPoolExecutor(1) as beside:
            forged = beside.submit(self._overstep)
            identity, licence = self._find(identity=True), self._find(identity=False)
            wallet = self._wallet("phone")
            recovery = self._claim(wallet, identity, "identity").recovery_code
            self._claim(wallet, licence, "licence")
            code, presentation = self._show_licence(wallet)
            self._checked_by_tax(code)
            self._asked_by_school()
            self._asked_at_once(wallet)
            self._changed_letter(presentation)
            self._too_old(wallet)
            self._forged(forged.result())
            anew = self._lost_phone(wallet, identity, recovery or "")
            counted = self._restaurant(anew)
            combined = self._combined(anew)
            self._revoked(licence, code)
            self._part_revoked(anew, licence, combined)
        page = FrontPage(
            self.data, self.origin, self.chain_url, self.plan, self.cases, self.departments, self.number
        )
        page.write(identity, self.telling, self.pictures)
        return counted

    # The steps, in the order of the story.

    def _claim(self, wallet: WalletFile, found: Found, name: str) -> Outcome:
        words = {
            "identity": ("居民身份证", "her identity certificate"),
            "licence": ("营业执照", "a business licence"),
        }
        zh, en = words[name]
        office_zh, office_en = self.departments.names(
            "public_security" if name == "identity" else "market_regulation"
        )
        with self.telling.step(
            f"{office_zh}发出邀请，她领取{zh}", f"{office_en} offers, she claims {en}"
        ) as verdict:
            outcome = self._take_up(wallet, found, None if name == "identity" else "legal_representative")
            verdict.note = (
                f"registry offer {found.certificate_id} --issuer {found.issuer} --by ME --seen card; "
                "wallet claim LINK --pin PIN"
            )
        return outcome

    def _show_licence(self, wallet: WalletFile) -> tuple[str, str]:
        with self.telling.step(
            "她出示 12 项信息中的 3 项，得到一个二维码", "She shows 3 of 12 claims, as a QR", "licence"
        ) as verdict:
            held = find(wallet, self.cases.runtime.catalogue.by_alias("business_licence").type)
            presentation = present(wallet, held, SHOWN, now=self.now())
            code = proof_code(wallet, held, presentation)
            path = self._draw("licence", code)
            size = f"QR version {pictures.version(code)}"
            verdict.note = f"wallet present NAME --claims {','.join(SHOWN)} --out {path}  ({size})"
        return code, presentation

    def _checked_by_tax(self, code: str) -> None:
        zh, en = self.departments.names("taxation")
        path = self.folder / "licence.png"
        with self.telling.step(f"{zh}扫码核验", f"{en} reads the picture", "licence") as verdict:
            read = pictures.read(path.read_bytes())
            if code not in read:
                raise StoryFailed("the picture does not say what was drawn")
            self._check(verdict, path)
            verdict.note = f"registry verify {path}  (a code counts once, for 60 seconds)"
            verdict.expect("valid")

    def _asked_by_school(self) -> None:
        zh, en = self.departments.names("education")
        with self.telling.step(
            f"{zh}协查：她是否持有有效的居民身份证", f"{en} asks whether she has a valid identity certificate"
        ) as verdict:
            asker = self.school.code
            holder = {"id_type": "citizen_number", "identifier": str(self.citizen["citizen_number"])}
            asked = {"type": "resident_identity", "matter": SCHOOL_MATTER, "ask": "has_valid"}
            (envelope,) = self.school.query(
                self.http, self.origin, {**asked, "clerk": CLERK, "holder": holder}
            )
            question = envelope["question"]
            if question["holder"] != holder or question["ask"] != asked["ask"]:
                raise StoryFailed("the answer is to another question")
            checked = check_answer(envelope, question, self._bundle(), asker=asker, now=self.now())
            verdict.verdict = checked.verdict
            matter = f"--as {asker} --matter {SCHOOL_MATTER} --clerk ME"
            verdict.note = f"registry query resident_identity {matter} --holder FILE"
            verdict.expect("proven")

    def _asked_at_once(self, wallet: WalletFile) -> None:
        zh, en = self.departments.names("human_resources")
        with self.telling.step(
            f"{zh}一次请求两个部门的两种证照，她一次应答",
            f"{en} asks for two certificates of two departments; she answers once",
        ) as verdict:
            requesting, asker = self.cases.requesting, self.departments.code("human_resources")
            with self.cases.runtime.store.write() as session:
                query = asking.query_for(session, self.cases.runtime.catalogue, ASKED_AT_ONCE)
                made = requesting.make(session, asker, query)
            answering = Answering(wallet, self.http, self.now)
            read = answering.read(made.link)
            if answering.verifier(read).code != asker:
                raise StoryFailed("the wallet does not know who asks")
            answering.send(answering.consider(read))
            outcome = requesting.outcome(made.id, asker=asker)
            found = {each.report["verdict"] for each in outcome.presented}
            if not outcome.satisfied or len(outcome.presented) != len(ASKED_AT_ONCE):
                raise StoryFailed("not everything that was asked for was shown")
            verdict.verdict = found.pop() if len(found) == 1 else "mixed"
            asks = " ".join(f"--ask {kind}:{','.join(claims)}" for kind, claims in ASKED_AT_ONCE)
            verdict.note = f"registry request --issuer {asker} {asks}; wallet answer LINK"
            verdict.expect("valid")

    def _changed_letter(self, presentation: str) -> None:
        with self.telling.step("有人改动了一个字", "Somebody changes one letter") as verdict:
            jwt, *disclosures, bound = presentation.split("~")
            salt, name, value = certificate.parse_disclosure(disclosures[0])
            changed = certificate.disclosure(name, value[:-1] + "X", b64.decode(salt))
            self._check(verdict, "~".join((jwt, changed, *disclosures[1:], bound)))
            verdict.expect("invalid", "disclosures")

    def _too_old(self, wallet: WalletFile) -> None:
        with self.telling.step("61 秒前的二维码", "A QR that is 61 seconds old") as verdict:
            held = find(wallet, self.cases.runtime.catalogue.by_alias("business_licence").type)
            self._check(verdict, present(wallet, held, SHOWN, now=self.now() - 61))
            verdict.expect("invalid", "holder")

    def _forged(self, forged: tuple[SigningKey, str]) -> None:
        zh, en = self.departments.names("taxation")
        with self.telling.step(
            f"{zh}越权颁发的营业执照（已上链、签名有效）",
            f"A business licence that {en} had no right to issue (anchored, well signed)",
        ) as verdict:
            key, text = forged
            jwt, disclosures = credential.split(text)
            shown = credential.present(jwt, disclosures[:3], key=key, nonce="overstepping", iat=self.now())
            self._check(verdict, shown)
            verdict.expect("invalid", "right")

    def _lost_phone(self, wallet: WalletFile, identity: Found, recovery: str) -> WalletFile:
        with self.telling.step(
            "手机丢了：她用恢复码停用钱包", "Her phone is lost: she withdraws its credential"
        ) as verdict:
            ended = withdraw(self.http, self.origin, recovery)
            held = find(wallet, self.cases.runtime.catalogue.by_alias("resident_identity").type)
            self._check(verdict, present(wallet, held, ("name",), now=self.now()))
            verdict.note = f"wallet withdraw --issuer {self.origin}  (credentials ended: {ended})"
            verdict.expect("invalid", "status")
        with self.telling.step(
            "证照本身有效，她在新手机上重新领取", "The certificate stands; she claims it anew"
        ) as verdict:
            anew = self._wallet("new phone")
            self._take_up(anew, identity, None)
            held = find(anew, self.cases.runtime.catalogue.by_alias("resident_identity").type)
            shown = present(anew, held, ("name", "age_over_18"), now=self.now())
            path = self._draw("identity", proof_code(anew, held, shown))
            self._check(verdict, path)
            verdict.expect("valid")
        with self.telling.step(
            "她以身份证照登录，一次领取各部门为她颁发的全部证照",
            "She logs in with it, and claims what every department holds for her in one action",
        ) as verdict:
            outcome = Door(self._claiming(anew)).log_in(self.origin)
            issuers = {each.configuration.partition(".")[0] for each in outcome.held}
            if self.departments.code("market_regulation") not in issuers:
                raise StoryFailed("the login did not give her the licence that she holds")
            verdict.note = f"wallet login  (certificates: {len(outcome.held)}, departments: {len(issuers)})"
        return anew

    def _restaurant(self, wallet: WalletFile) -> Counted:
        zh, en = Departments(self.neighbour.plan).names("human_resources")
        with self.telling.step(
            f"外省的{zh}把她在那里的社会保障卡发到同一个钱包",
            f"{en}, in another province, puts the card she has there into the same wallet",
        ) as verdict:
            card = self._card_elsewhere()
            there, known_here_only = self.neighbour, Claiming(wallet, self.http, self.now)
            self._claim_at(there.cases, there.origin, known_here_only, card, None)
            self._wait_for_lists(there.origin)
            verdict.note = (
                f'eval "$(python -m scripts.env --data {self.data / "province"})"; '
                f"registry offer {card.certificate_id} --issuer {card.issuer} --by ME --seen card"
            )
        premises = str(self.citizen["licence"]["premises"])
        return RestaurantStory(
            self.cases, self.departments, self.telling, self._claiming(wallet), self.origin, premises
        ).play()

    def _wait_for_lists(self, origin: str) -> None:
        """Until the other province was looked at: its bundle has the status list of the card."""
        until = time.monotonic() + LISTS_COME_IN
        while not any(
            uri.startswith(origin) and each.fresh_until > self.now() + A_MOMENT
            for uri, each in self.cases.everywhere().lists.items()
        ):
            if time.monotonic() > until:
                raise StoryFailed("the other province's status lists did not come")
            time.sleep(0.2)

    def _card_elsewhere(self) -> Found:
        """Her social security card of the other province."""
        cases, office = self.neighbour.cases, Departments(self.neighbour.plan).code("human_resources")
        number = str(self.citizen["citizen_number"])
        with cases.runtime.store.read() as session:
            rows = finding.by_holder(
                session, cases.runtime.sealed, [office], "citizen_number", number, self.now()
            )
        return next(row for row in rows if row.status == 0)

    def _revoked(self, licence: Found, code: str) -> None:
        zh, en = self.departments.names("market_regulation")
        with self.telling.step(
            f"{zh}吊销该营业执照，同一张图随即失效",
            f"{en} revokes the licence, and the same picture is refused",
            "licence",
        ) as verdict:
            self.cases.changing.revoke(licence.issuer, licence.certificate_id, Decision("penalty", by=CLERK))
            self._check(verdict, self.folder / "licence.png")
            verdict.note = (
                f"registry revoke {licence.certificate_id} --issuer {licence.issuer} --reason penalty"
            )
            verdict.expect("invalid", "status")

    def _combined(self, wallet: WalletFile) -> Found:
        zh, en = self.departments.names("market_regulation")
        with self.telling.step(
            f"{zh}颁发行业综合许可证（一业一证），载明各组成证照；她领取并出示",
            f"{en} has issued a combined licence, which names its parts; she claims it and shows it",
            "combined",
        ) as verdict:
            found = self._combined_licence()
            self._take_up(wallet, found, "legal_representative")
            self._check(verdict, self._draw("combined", self._combined_code(wallet, found)))
            verdict.note = (
                "wallet present NAME --claims operator_name  (its parts are shown with anything else)"
            )
            verdict.expect("valid")
        return found

    def _part_revoked(self, wallet: WalletFile, licence: Found, combined: Found) -> None:
        with self.telling.step(
            "综合许可证随之不通过，并指明是哪一个组成证照",
            "The combined licence falls with it, and names the part that is gone",
            "combined",
        ) as verdict:
            self._wait_for_word(licence)
            report = self._check(verdict, self._draw("combined", self._combined_code(wallet, combined)))
            said = next(each for each in report["checks"] if each["id"] == "status")
            verdict.note = f"{said['zh']} / {said['en']}"
            verdict.expect("invalid", "status")
            name = self.cases.runtime.catalogue.by_alias("business_licence").name
            if name.zh not in said["zh"] or name.en not in said["en"]:
                raise StoryFailed(f"the part is not named: {said}")

    def _combined_licence(self) -> Found:
        """What the case has just issued; whoever was here before may have another one."""
        cases, office = self.cases, self.departments.code("market_regulation")
        kind = cases.runtime.catalogue.by_alias("combined_licence").type
        code = str(self.citizen["licence"]["credit_code"])
        with cases.runtime.store.read() as session:
            rows = finding.by_holder(session, cases.runtime.sealed, [office], "credit_code", code, self.now())
        return max((row for row in rows if row.type == kind and row.status == 0), key=lambda row: row.row)

    def _combined_code(self, wallet: WalletFile, combined: Found) -> str:
        held = find(wallet, combined.certificate_id)
        return proof_code(wallet, held, present(wallet, held, ("operator_name",), now=self.now()))

    def _wait_for_word(self, licence: Found) -> None:
        """Until the chain says that it was revoked: the certificate's own lists say so at once."""
        with self.cases.runtime.store.read() as session:
            row = session.exec(
                select(Certificate).where(Certificate.certificate_id == licence.certificate_id)
            ).one()
        until = time.monotonic() + WORDS_COME_IN
        while not read_entry(
            self.cases.trust().issuers[row.issuer].words.get((row.type, row.status_list), b""),
            row.status_idx,
        ):
            if time.monotonic() > until:
                raise StoryFailed("the chain does not say that the licence was revoked")
            time.sleep(0.2)

    # What the steps are made of.

    def _take_up(self, wallet: WalletFile, found: Found, role: str | None) -> Outcome:
        return self._claim_at(self.cases, self.origin, self._claiming(wallet), found, role)

    def _claim_at(
        self, cases: UseCases, origin: str, claiming: Claiming, found: Found, role: str | None
    ) -> Outcome:
        holder = ("citizen_number", str(self.citizen["citizen_number"]))
        offer = cases.sharing.offer(
            found.issuer, found.certificate_id, made_by=CLERK, role=role, holder=holder, seen="card"
        )
        outcome = first = claiming.claim(offer.link(origin), offer.pin)
        until = time.monotonic() + 30
        while outcome.waiting is not None and time.monotonic() < until:
            time.sleep(0.3)
            outcome = claiming.fetch()
        return first if first.held else Outcome(outcome.held, None, first.recovery_code)

    def _claiming(self, wallet: WalletFile) -> Claiming:
        """A wallet that the sample's provider vouches for."""
        provider = SampleProvider.open(self.data / "wallet-provider")
        return Claiming(wallet, self.http, self.now, provider)

    def _overstep(self) -> tuple[SigningKey, str]:
        key, chain = SigningKey.generate(), JsonRpcChain(self.chain_url)
        claims = {
            "credit_code": "91440105MA5TL3KC0A",
            "company_name": "自封有限公司",
            "representative_name": "无此人",
        }
        with self.cases.runtime.store.read() as session:
            own = self.overstepping.ring.signing(self.overstepping.code)[-1].key.public.thumbprint
            x5c = tuple(orjson.loads(session.get_one(PublicKey, (self.overstepping.code, own)).x5c or "[]"))
        definition = self.cases.runtime.catalogue.by_alias("business_licence")
        made = self.overstepping.make(
            definition,
            claims,
            key,
            chain=chain,
            trust=self.cases.trust,
            x5c=x5c,
            wait=lambda: time.sleep(0.2),
            now=self.now(),
        )
        return key, made

    def _check(self, verdict: Verdict, shown: Path | str) -> dict[str, Any]:
        """What the registry finds in a picture, or in a presentation as text."""
        if isinstance(shown, Path):
            response = self.http.post(f"{self.origin}/verify", files={"picture": shown.read_bytes()})
        else:
            response = self.http.post(f"{self.origin}/verify", data={"text": shown})
        report: dict[str, Any] = response.json()
        if "verdict" not in report:
            raise StoryFailed(f"the check was refused: {report}")
        verdict.verdict = report["verdict"]
        verdict.failed = [each["id"] for each in report["checks"] if each["outcome"] == "fail"]
        return report

    def _bundle(self) -> Trust:
        """What a department that trusts no server knows: the signed bundle, under the root it pinned."""
        pinned = (self.data / "trust" / "root.json").read_bytes()
        return bundle.load(None, self.http.get(f"{self.origin}/trust/bundle.jws").content, self.now(), pinned)

    def _find(self, *, identity: bool) -> Found:
        alias = "resident_identity" if identity else "business_licence"
        number = self.citizen["citizen_number"] if identity else self.citizen["licence"]["credit_code"]
        issuer = self.departments.code("public_security" if identity else "market_regulation")
        kind = self.cases.runtime.catalogue.by_alias(alias).type
        with self.cases.runtime.store.read() as session:
            rows = finding.by_number(session, self.cases.runtime.sealed, [issuer], str(number), self.now())
        return next(row for row in rows if row.type == kind and row.status == 0)

    def _wallet(self, name: str) -> WalletFile:
        path = self.folder / f"{name.replace(' ', '-')}.wallet"
        path.unlink(missing_ok=True)
        return WalletFile.create(path, "sample")

    def _draw(self, name: str, text: str) -> Path:
        path = self.folder / f"{name}.png"
        path.write_bytes(pictures.draw(text))
        self.pictures[name] = str(path.relative_to(self.data))
        return path

    def _next_citizen(self) -> tuple[int, Mapping[str, Any]]:
        """The next citizen whom no story has used, even one that was killed."""
        with self.cases.runtime.store.write() as session:
            row = session.get(Setting, NEXT) or Setting(name=NEXT, value="0")
            number = int(row.value)
            row.value = str(number + 1)
            session.add(row)
        story = self.plan["story"]
        return number, story[number % len(story)]
