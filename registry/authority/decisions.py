"""What the authority decides after founding: rights, keys and accounts ended or added, compromises, voids."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlmodel import select

from registry import b64
from registry.authority.calls import NOW, Calls
from registry.authority.office import Office
from registry.chain.contracts import FOREVER
from registry.chain.ledger import Department, Ledger, Span, load_ledger
from registry.chain.outbox import Call
from registry.errors import NotAllowed, NotFound
from registry.store import tables
from registry.store.tables import Deployment
from registry.trusting import live


@dataclass(frozen=True)
class Decisions:
    """Decisions on the contracts in force; each returns once the chain has it.

    Raises, all of them: NoTrust before founding, ActionRefused, ChainUnreachable, ChainLost.
    """

    office: Office

    def grant(self, issuer: str, type_code: str, *, start: int = NOW, until: int = FOREVER) -> None:
        """Let an issuer issue a type from `start` (0: now) to `until`."""
        self._decide(
            issuer,
            lambda calls, ledger: calls.grant(
                issuer, type_code, start, until, tag=str(len(_of(ledger, issuer).rights.get(type_code, [])))
            ),
        )

    def end_right(self, issuer: str, type_code: str, *, until: int = NOW) -> None:
        """Bring the end of an issuer's right to a type forward. Raises NotFound without such a right."""
        self._decide(
            issuer,
            lambda calls, ledger: calls.end_right(
                issuer, type_code, _last(_of(ledger, issuer).rights.get(type_code)), until
            ),
        )

    def compromised(self, issuer: str, thumbprint: str) -> None:
        """Report a signing key stolen: none of its credentials stand from now on, the certificates do."""
        self._decide(issuer, lambda calls, _: calls.compromised(issuer, thumbprint))

    def add_key(self, issuer: str, thumbprint: str, uses: int) -> None:
        """Register a key that the store has the public half of."""
        self._decide(issuer, lambda calls, _: calls.add_key(issuer, thumbprint, uses))

    def end_key(self, issuer: str, thumbprint: str, *, until: int = NOW) -> None:
        """Retire a key. Raises NotFound."""
        self._decide(
            issuer,
            lambda calls, ledger: calls.end_key(
                issuer, thumbprint, _last(_key_windows(ledger, issuer, thumbprint)), until
            ),
        )

    def add_account(self, issuer: str, address: str) -> None:
        """Register a chain account of an issuer."""
        self._decide(issuer, lambda calls, _: calls.add_account(issuer, address))

    def end_account(self, issuer: str, address: str, *, until: int = NOW) -> None:
        """Cut a chain account. Raises NotFound."""
        self._decide(
            issuer,
            lambda calls, ledger: calls.end_account(
                issuer, address, _last(_of(ledger, issuer).accounts.get(address.lower())), until
            ),
        )

    def add_log_account(self, address: str) -> None:
        """Let a chain account anchor the access logs' heads."""
        self._decide(None, lambda calls, _: calls.add_log_account(address))

    def end_log_account(self, address: str, *, until: int = NOW) -> None:
        """Cut an account that anchors heads. Raises NotFound."""
        self._decide(
            None,
            lambda calls, ledger: calls.end_log_account(
                address, _last(ledger.log.accounts.get(address.lower())), until
            ),
        )

    def anchor_policy(self, policy: bytes) -> int:
        """Anchor the hash (32 bytes) of the rights in force from now on, unless it is the newest; its
        version, counted from 1."""
        _, ledger = self._current()
        version = len(ledger.log.policies)
        if version and ledger.log.policies[-1][0] == policy:
            return version
        self._decide(None, lambda calls, _: calls.anchor_policy(version + 1, policy))
        return version + 1

    def void(self, issuer: str, first: int, last: int, reason: str = "account_stolen") -> None:
        """Declare that batches do not count, both ends included."""
        self._decide(issuer, lambda calls, _: calls.void(issuer, first, last, reason))

    def replace(self, issuer: str, seq: int, root: bytes, size: int) -> None:
        """Put the root over the genuine leaves in a voided batch's place. Raises NotFound, NotAllowed."""

        def call(calls: Calls, ledger: Ledger) -> Call:
            department = _of(ledger, issuer)
            if not department.voided(seq) or seq not in department.batches:
                raise NotAllowed("只能替换已作废的批次。", "Only a voided batch can be replaced.")
            return calls.replace(issuer, seq, department.batches[seq].root, root, size)

        self._decide(issuer, call)

    def succeed(self, issuer: str, type_code: str, successor: str, *, start: int = NOW) -> None:
        """Let a department act for what another issued of a type; an empty successor ends it."""
        self._decide(
            issuer,
            lambda calls, ledger: calls.succeed(
                issuer, type_code, successor, start, tag=str(len(ledger.successions))
            ),
        )

    def _decide(self, issuer: str | None, call: Callable[[Calls, Ledger], Call]) -> None:
        """issuer: the department that it is about, if it is about one. Raises NotFound: not ours."""
        deployment, ledger = self._current()
        if issuer is not None:
            _of(ledger, issuer)
        self.office.carry_out(deployment, [call(Calls(deployment, "decide"), ledger)])

    def _current(self) -> tuple[Deployment, Ledger]:
        """The contracts in force, and what they say now of this registry's departments: those of another one
        on the same chain are for its own authority to decide on."""
        with self.office.store.read() as session:
            deployment = live(session)
        self.office.step(deployment)
        with self.office.store.read() as session:
            ledger = load_ledger(session, deployment.id or 0)
            ours = set(session.exec(select(tables.Department.code)))
        ledger.departments = {code: each for code, each in ledger.departments.items() if code in ours}
        return deployment, ledger


def _of(ledger: Ledger, issuer: str) -> Department:
    try:
        return ledger.departments[issuer]
    except KeyError:
        raise NotFound("链上没有这个部门。", "The chain has no such department.") from None


def _key_windows(ledger: Ledger, issuer: str, thumbprint: str) -> list[Span] | None:
    key = _of(ledger, issuer).keys.get(b64.decode(thumbprint))
    return key.windows if key is not None else None


def _last(spans: list[Span] | None) -> int:
    """Index of the newest window."""
    if not spans:
        raise NotFound("链上没有这项授权。", "The chain has no such authorisation.")
    return len(spans) - 1
