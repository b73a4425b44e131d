"""Copies for paper: claims of the type's paper list, in a QR that any phone's camera opens."""

from collections.abc import Callable
from dataclasses import dataclass

from registry import certificate, credential, proofcode
from registry.cutting import Cutter
from registry.errors import NotAllowed
from registry.lists import newest_origin, read_entry
from registry.offers import own_certificate
from registry.pictures import Paper
from registry.standing import standing
from registry.store import Store
from registry.trust import Trust


@dataclass(frozen=True, slots=True, repr=False)
class Copy:
    """A copy. presentation: as SD-JWT; paper: what is printed, its link being the QR's text."""

    presentation: str
    paper: Paper


@dataclass(frozen=True, slots=True)
class Copies:
    """Makes copies."""

    store: Store
    cutter: Cutter
    trust: Callable[[], Trust]

    def copy(self, issuer: str, certificate_id: str, now: int) -> Copy:
        """A copy of one of the issuer's certificates.

        Raises:
            NotFound: this issuer has no such certificate.
            NotAllowed: it is not valid now.
            NotFinal, Ended: as they say.
            NeedsLink: it fits no QR.
        """
        with self.store.write() as session:
            row = own_certificate(session, issuer, certificate_id)
            if standing(session, row) != 0:
                raise _not_valid()
            cut = self.cutter.copy(session, row, now)
            origin = newest_origin(session).origin
        with self.store.read() as session:
            if cut.place is None or read_entry(session, cut.place) != 0:
                raise _not_valid()
        trusted = self.trust().issuers[cut.row.issuer]
        link = proofcode.encode_copy(cut.text, trusted.origins, origin)
        definition = self.cutter.catalogue.definition(row.type, row.type_version)
        shown = map(certificate.parse_disclosure, credential.split(cut.text)[1])
        lines = [(definition.labels[each.name].zh, each.value) for each in shown]
        return Copy(cut.text, Paper(definition.name.zh, definition.name.en, trusted.zh, lines, link))


def _not_valid() -> NotAllowed:
    return NotAllowed(
        "该证照目前不是有效状态，不能制作副本。", "The certificate is not valid now: no copy is made of it."
    )
