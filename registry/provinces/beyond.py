"""Who departments are, beside what the chain has of them: ours by the store, a partner's by its bundle."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from registry import bundle
from registry.errors import RegistryError
from registry.signing import PublicKey
from registry.store.tables import Partner
from registry.trust import Trust, TrustedIssuer, TrustedList, trust_list

Chains = tuple[tuple[str, ...], ...]
"""Certificate chains of a key, as in `TrustedKey.x5c`."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a department elsewhere than on the chain.

    keys: public halves with their certificate chains, by thumbprint. They count only as the chain lets them.
    """

    code: str
    zh: str
    en: str
    origins: tuple[str, ...]
    keys: Mapping[str, tuple[PublicKey, Chains]]


class Bundles:
    """Partners' bundles, each read once."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, int], Trust] = {}

    def of(self, rows: Iterable[Partner]) -> dict[str, Trust]:
        """What each partner said last, by origin; one whose stored bundle cannot be read said nothing."""
        found: dict[tuple[str, int], Trust] = {}
        for row in rows:
            place = row.origin, row.version
            known = self._read.get(place)
            if known is None:
                try:
                    known = bundle.load(None, row.bundle, row.taken_at, row.root_document)
                except RegistryError:
                    continue
            found[place] = known
        self._read = found
        return {origin: trust for (origin, _), trust in found.items()}


def partner_departments(
    said: Mapping[str, Trust], ours: Collection[str], our_origins: Collection[str]
) -> dict[str, Known]:
    """Departments of partners, by code.

    said: bundles by the partner's origin. A code is ours, or the first partner's that names it; so is an
    origin: nobody takes another's name or place.
    """
    found: dict[str, Known] = {}
    taken = set(our_origins)
    for origin, trust in said.items():
        claimed = {place for each in trust.issuers.values() for place in each.origins}
        for code, each in trust.issuers.items():
            places = tuple(place for place in each.origins if place not in taken)
            if code not in ours and code not in found and origin in places:
                keys = {key.public.thumbprint: (key.public, key.x5c) for key in each.keys.values()}
                found[code] = Known(code, each.zh, each.en, places, keys)
        taken |= claimed
    return found


def partner_lists(
    said: Mapping[str, Trust], issuers: Mapping[str, TrustedIssuer]
) -> dict[str, dict[str, TrustedList]]:
    """Partners' status lists, by keys that the chain has: by the partner's origin, then by their address."""
    found: dict[str, dict[str, TrustedList]] = {}
    for origin, trust in said.items():
        lists = found.setdefault(origin, {})
        for each in trust.lists.values():
            try:
                lists[each.list.uri] = trust_list(each.list.token, issuers)
            except RegistryError:
                continue
    return found
