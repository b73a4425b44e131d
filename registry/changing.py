"""What a department does to its certificates, for one process: revoke, suspend, resume, renew."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlmodel import select

from registry.issuing import Issued, Issuing
from registry.lifecycle import Kind
from registry.renewing import Renewal, renew
from registry.status_changes import Decision, Publish, StatusChange, change
from registry.store import Store, again_if_overtaken
from registry.store.tables import Certificate
from registry.trust import Trust


@dataclass(frozen=True, slots=True)
class Changing:
    """The use cases of lifecycle.md.

    publish: signs anew the lists that show the certificates named. review: ends what was held through them by
    who acts through them no more.
    """

    store: Store
    issuing: Issuing
    publish: Publish
    review: Publish
    trust: Callable[[], Trust]
    clock: Callable[[], int]

    def revoke(self, issuer: str, certificate_id: str, decision: Decision) -> StatusChange:
        """Withdraw a certificate for good (注销, 吊销, 撤回, 撤销, 错发作废).

        Acknowledged once the new status lists are served; the chain follows.

        Raises:
            NotFound, NotAllowed: as in `status_changes.change`.
        """
        return self._change(issuer, certificate_id, decision, Kind.REVOKE)

    def suspend(self, issuer: str, certificate_id: str, decision: Decision) -> StatusChange:
        """Suspend a certificate; it can come back. Acknowledged and raises as `revoke`."""
        return self._change(issuer, certificate_id, decision, Kind.SUSPEND)

    def resume(self, issuer: str, certificate_id: str, decision: Decision) -> StatusChange:
        """End a suspension; it takes effect once it is final on the chain. Raises as `revoke`."""
        return self._change(issuer, certificate_id, decision, Kind.RESUME)

    def renew(self, issuer: str, certificate_id: str, renewal: Renewal) -> Issued:
        """Issue the next version (变更, 延续, 换证, 补领, 更正). Raises as `renewing.renew`."""
        issuers = self._acts_for(issuer, certificate_id)

        def work() -> Issued:
            review = self.review
            return renew(self.issuing, issuer, certificate_id, renewal, review=review, predecessors=issuers)

        return again_if_overtaken(work)

    def _change(self, issuer: str, certificate_id: str, decision: Decision, kind: Kind) -> StatusChange:
        issuers = self._acts_for(issuer, certificate_id)

        def work() -> StatusChange:
            with self.store.write() as session:
                return change(
                    session,
                    certificate_id,
                    decision,
                    kind,
                    issuers=issuers,
                    publish=self.publish,
                    now=self.clock(),
                )

        return again_if_overtaken(work)

    def _acts_for(self, issuer: str, certificate_id: str) -> tuple[str, ...]:
        """The issuer, and the certificate's own one where the issuer succeeded it for that type.

        The same work whether there is such a certificate: who changes it says that there is none.
        """
        with self.store.read() as session:
            row = session.exec(
                select(Certificate.issuer, Certificate.type).where(
                    Certificate.certificate_id == certificate_id
                )
            ).first()
        original, type_code = row or (issuer, "")
        succeeded = issuer in self.trust().successors(original, type_code, self.clock())
        return (issuer, original) if succeeded and original != issuer else (issuer,)
