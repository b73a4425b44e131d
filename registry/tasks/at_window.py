"""Objections at a window (帮办): a clerk who saw a person without a wallet writes down what is wrong.

Only at the department that answers for the certificate: no other learns whom it names.
"""

from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from registry import accesslog, values
from registry.holding import Person
from registry.queries import limits
from registry.queries.limits import Caps, TooManyQueries
from registry.store import again_if_overtaken
from registry.tasks.errors import BadObjection, NothingToObject, ObjectionOpen
from registry.tasks.objections import KIND, Objections, Raised, Wrong

ASSISTED: Final = "assisted"


@dataclass(frozen=True, slots=True)
class ObjectionsAtWindow:
    """Takes objections down. It counts as a question of the clerk, and stands in the department's own log."""

    objections: Objections
    caps: Caps

    def take_down(
        self,
        department: str,
        one: tuple[str, str],
        certificate_id: str,
        wrong: Wrong,
        *,
        clerk: str,
        seen: str,
    ) -> Raised:
        """Object for a person, as `Objections.by_holder` does. one: type and identifier. seen: how the person
        was known.

        Raises:
            BadObjection: no such identifier, nobody says who saw whom, or the words or claims do not fit.
            NothingToObject: the department answers for no such certificate of that person.
            ObjectionOpen: as it says. TooManyQueries: a cap of the clerk or the department is reached.
        """
        if not clerk.strip() or not seen.strip():
            raise BadObjection("请写明经办人和核对方式", "say who saw the person, and how")
        identifier = values.normalised(one[1]).upper()
        if why := values.wrong_identifier(one[0], identifier):
            raise BadObjection(*why)
        holder = self.objections.tasks.vault.holder_index(one[0], identifier)

        def work() -> Raised:
            with self.objections.writing() as session:
                now = self.objections.clock()
                limits.admit(session, self.caps, department, clerk, now)
                made = self.objections.of_person(
                    session, Person(holder, ""), certificate_id, wrong, window=department, clerk=clerk
                )
                self._log(session, department, clerk, f"taken down, seen {seen}", holder, "yes", wrong.claims)
                limits.record(session, department, clerk, "yes", now)
                return made

        try:
            return again_if_overtaken(work)
        except (BadObjection, NothingToObject, ObjectionOpen, TooManyQueries) as refusal:
            kind = refusal.kind
            again_if_overtaken(lambda: self._log_refusal(department, clerk, holder, kind))
            raise

    def _log_refusal(self, department: str, clerk: str, holder: bytes, kind: str) -> None:
        """About who was said to be there: whether there is such a certificate or not."""
        now = self.objections.clock()
        with self.objections.store.write() as session:
            limits.take_turn(session, department)
            self._log(session, department, clerk, kind, holder, "refused")
            if kind == TooManyQueries.kind:
                limits.alert(session, department, limits.CAP, clerk, now)
            else:
                limits.record(session, department, clerk, "refused", now)

    def _log(
        self,
        session: Session,
        department: str,
        clerk: str,
        rule: str,
        holder: bytes,
        outcome: str,
        claims: tuple[str, ...] = (),
    ) -> None:
        accesslog.append(
            session,
            department,
            asker=department,
            clerk=clerk,
            purpose=KIND,
            rule=rule,
            holder=holder,
            outcome=outcome,
            answer=None,
            vault=self.objections.tasks.vault,
            now=self.objections.clock(),
            randomness=self.objections.randomness,
            claims=claims,
            manner=ASSISTED,
        )
