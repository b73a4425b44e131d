"""The authority's process: sends and follows, keeps bundles current, heals a local chain that was reset."""

import logging
import threading
from dataclasses import dataclass, field

from registry import policies
from registry.authority.bundles import ensure_root, publish
from registry.authority.calls import Calls
from registry.authority.healing import heal
from registry.authority.office import Office, current
from registry.chain.ledger import load_ledger
from registry.chain.rpc import ChainRefused, ChainUnreachable
from registry.errors import RegistryError
from registry.running import longer, place_of
from registry.runtime import NotFounded
from registry.settings import Settings
from registry.store.tables import Deployment, DeploymentState
from registry.trust import Trust
from registry.trusting import NoTrust

POLL, LONGEST_POLL = 0.3, 1.0
"""Seconds between two rounds: at first, and when long nothing was published."""
FUND_EVERY = 10
"""Seconds between two looks at the balances of a local chain."""
LOCAL_CHAIN = 31337

log = logging.getLogger("registry.authority")


def serve(settings: Settings, ended: threading.Event) -> None:
    """Works until `ended` is set. Before the registry is founded it waits for its keys."""
    office = _opened(settings, ended)
    if office is None:
        return
    rounds, trouble, poll = Rounds(office), "", POLL
    try:
        while not ended.is_set():
            said, published = "", False
            try:
                published = rounds.once()
            except (ChainUnreachable, ChainRefused, NoTrust) as error:
                said = type(error).__name__
            except RegistryError as error:
                said = f"{error.zh} / {error.en}"
            except Exception as error:  # the next round may go well, and nobody else signs bundles
                said = place_of(error)
            if said and said != trouble:
                log.error("%s", said)
            trouble = said
            poll = POLL if published else longer(poll, LONGEST_POLL)
            ended.wait(poll)
    finally:
        office.close()


def _opened(settings: Settings, ended: threading.Event) -> Office | None:
    while not ended.is_set():
        try:
            return Office.open(settings)
        except NotFounded:
            ended.wait(POLL)
    return None


def _entries(trust: Trust) -> dict[str, bytes]:
    """What the status lists say: partners learn from the bundle that a phone was lost."""
    return {uri: each.list.packed for uri, each in trust.lists.items()}


@dataclass
class Rounds:
    """What the authority's process does again and again. published: what the bundle says now."""

    office: Office
    published: Trust | None = None
    _source: Trust | None = None
    _funded: int = field(default=0)

    def once(self) -> bool:
        """One round: follow, heal where that is allowed, anchor new rights, publish what changed. Whether
        anything was published.

        Raises:
            NoTrust: not founded yet. ChainUnreachable. NotTheSame, ActionRefused: healing did not succeed.
        """
        with self.office.store.read() as session:
            deployment = current(session)
        if deployment is None or deployment.state != DeploymentState.LIVE:
            raise NoTrust
        self._fund()
        step = self.office.step(deployment)
        if step.reset is not None:
            self._heal(deployment, step.reset.zh, step.reset.en)
        elif step.reached:
            self._anchor_policies(deployment)
        return self.publish_if_due()

    def publish_if_due(self) -> bool:
        """A bundle of what is trusted now, where it changed or half of the last one's life is over."""
        trust = self.office.trust.current()
        if self._source is not None and self.published is not None:
            half = (self.published.created + self.published.expires) // 2
            same = trust.issuers is self._source.issuers and _entries(trust) == _entries(self._source)
            if same and self.office.clock() < half:
                return False
        if trust.words_fresh_until == 0:
            return False
        ensure_root(self.office)
        self.published, self._source = publish(self.office, trust), trust
        return True

    def _anchor_policies(self, deployment: Deployment) -> None:
        """Sends the hash of the next version of the rights, and notes those that the chain has; waits for
        nothing."""
        office = self.office
        with office.store.read() as session:
            waiting = [(row.number, row.digest) for row in policies.waiting(session)]
            if not waiting or deployment.access_log is None:
                return
            known = load_ledger(session, deployment.id or 0).log.policies
        times = dict(known)
        new = [digest for number, digest in waiting if number == len(known) + 1]
        put = office.writer(deployment) if new else None
        with office.store.write() as session:
            for _, digest in waiting:
                if digest in times:
                    policies.anchored(session, digest, times[digest])
            if put is not None:
                put(session, [Calls(deployment, "decide").anchor_policy(len(known) + 1, new[0])])

    def _heal(self, lost: Deployment, zh: str, en: str) -> None:
        settings = self.office.settings
        if not settings.heal or settings.chain_id != LOCAL_CHAIN:
            log.error("%s；请运行 registry authority heal / %s; run registry authority heal", zh, en)
            return
        log.warning("%s；正在恢复 / %s; healing", zh, en)
        healed = heal(self.office)
        log.warning(
            "已恢复到新合约（第 %d 期）/ healed: epoch %d, from deployment %s",
            healed.epoch,
            healed.epoch,
            lost.id,
        )

    def _fund(self) -> None:
        now = self.office.clock()
        if now - self._funded >= FUND_EVERY:
            self._funded = now
            self.office.fund_accounts()
