"""The query language of OpenID4VP 1.0 (DCQL, sections 6 and 7): what is asked for, and what answers it.

Only `dc+sd-jwt` is matched; a query for another format is read, and nothing answers it. A wallet matches what
it holds (`match`); a verifier checks what was shown (`CredentialQuery.answered_by`, `Query.satisfied_by`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from registry import jcs
from registry.errors import RegistryError

FORMAT: Final = "dc+sd-jwt"

Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]+\Z", max_length=128)]
Text = Annotated[str, Meta(max_length=4096)]
Step = Text | Annotated[int, Meta(ge=0, le=2**31)] | None
Path = Annotated[tuple[Step, ...], Meta(min_length=1, max_length=16)]
_SOME: Final = Meta(min_length=1, max_length=100)


class BadQuery(RegistryError):
    """Not a DCQL query."""

    kind = "bad-query"

    def __init__(self) -> None:
        super().__init__("不是有效的 DCQL 查询。", "Not a valid DCQL query.")


class _Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    pass


class ClaimQuery(_Part, frozen=True, kw_only=True):
    """One claim (section 6.3). values: any of these, of the same JSON type; without: whatever it is."""

    path: Path
    id: Id | UnsetType = UNSET
    values: Annotated[tuple[Text | int | bool, ...], _SOME] | UnsetType = UNSET

    def met_by(self, claims: object, *, presented: bool = False) -> bool:
        """Whether the path leads somewhere in `claims`, and to one of the values, if any are named.

        presented: `claims` are disclosed ones. Elements that were held back make an array shorter, so that
        an index means any element of it.
        """
        found = _along(self.path, claims, presented)
        if isinstance(self.values, UnsetType):
            return bool(found)
        return any(_same(value, each) for value in self.values for each in found)


class TrustedAuthority(_Part, frozen=True, kw_only=True):
    """Issuers that the verifier takes (section 6.1.1): `aki`, `etsi_tl` or `openid_federation`."""

    type: Text
    values: Annotated[tuple[Text, ...], _SOME]


class CredentialQuery(_Part, frozen=True, kw_only=True):
    """One credential, or with `multiple` several (section 6.1)."""

    id: Id
    format: Text
    meta: dict[str, Any]
    multiple: bool = False
    trusted_authorities: Annotated[tuple[TrustedAuthority, ...], _SOME] | UnsetType = UNSET
    require_cryptographic_holder_binding: bool = True
    claims: Annotated[tuple[ClaimQuery, ...], _SOME] | UnsetType = UNSET
    claim_sets: Annotated[tuple[Annotated[tuple[Id, ...], _SOME], ...], _SOME] | UnsetType = UNSET

    @property
    def vct_values(self) -> tuple[str, ...]:
        """The types that are asked for; none: any type (section 6.1, an empty `meta`)."""
        return tuple(self.meta.get("vct_values", ())) if self.format == FORMAT else ()

    def answered_by(self, candidate: "Candidate", *, presented: bool = False) -> tuple[Path, ...] | None:
        """Which claims of the candidate to disclose: those of the first claim set that it can meet.

        None where it does not answer the query. presented: as in `ClaimQuery.met_by`.
        """
        if (
            self.format != FORMAT
            or (self.vct_values and candidate.vct not in self.vct_values)
            or (self.require_cryptographic_holder_binding and not candidate.bound)
            or not self._trusts(candidate)
        ):
            return None
        for wanted in self._alternatives():
            if all(claim.met_by(candidate.claims, presented=presented) for claim in wanted):
                return tuple(dict.fromkeys(claim.path for claim in wanted))
        return None

    def _trusts(self, candidate: "Candidate") -> bool:
        if isinstance(self.trusted_authorities, UnsetType):
            return True
        return any(
            (authority.type, value) in candidate.authorities
            for authority in self.trusted_authorities
            for value in authority.values
        )

    def _alternatives(self) -> list[tuple[ClaimQuery, ...]]:
        if isinstance(self.claims, UnsetType):
            return [()]
        if isinstance(self.claim_sets, UnsetType):
            return [self.claims]
        named = {claim.id: claim for claim in self.claims}
        return [tuple(named[id] for id in ids) for ids in self.claim_sets]


class CredentialSet(_Part, frozen=True, kw_only=True):
    """Alternatives (section 6.2): the credentials of one option, the first ones preferred."""

    options: Annotated[tuple[Annotated[tuple[Id, ...], _SOME], ...], _SOME]
    required: bool = True


class Query(_Part, frozen=True, kw_only=True):
    """A query (section 6)."""

    credentials: Annotated[tuple[CredentialQuery, ...], _SOME]
    credential_sets: Annotated[tuple[CredentialSet, ...], _SOME] | UnsetType = UNSET

    def to_dict(self) -> dict[str, Any]:
        """The query as JSON; members that say what holds anyway are left out."""
        made: dict[str, Any] = jcs.loads(jcs.dumps(self))
        return made

    def credential(self, id: str) -> CredentialQuery | None:
        """The credential query of that id."""
        return next((each for each in self.credentials if each.id == id), None)

    def satisfied_by(self, answered: Collection[str]) -> bool:
        """Whether answers to the credential queries of these ids are all that is required."""
        if isinstance(self.credential_sets, UnsetType):
            return all(each.id in answered for each in self.credentials)
        return all(
            any(all(id in answered for id in option) for option in each.options)
            for each in self.credential_sets
            if each.required
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """A credential that might answer.

    bound: to a holder's key. authorities: (type, value) of those that stand above its issuer.
    """

    vct: str
    claims: Mapping[str, Any] = field(repr=False)
    bound: bool = True
    authorities: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Chosen:
    """index: of a candidate. claims: paths to disclose."""

    index: int
    claims: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """What answers a query, by the id of the credential query.

    chosen: enough to answer, of each alternative the first; several for a `multiple` one. optional: what the
    verifier asked for besides, and could be added. found: every candidate that fits, to choose another.
    """

    chosen: dict[str, tuple[Chosen, ...]]
    optional: dict[str, tuple[Chosen, ...]]
    found: dict[str, tuple[Chosen, ...]]


def parse(query: object) -> Query:
    """The query of a JSON value; members that are not known are passed over.

    Raises:
        BadQuery: a member is missing or wrong, an id stands twice or refers to nothing.
    """
    try:
        made = msgspec.convert(query, Query)
    except (msgspec.ValidationError, RecursionError):
        raise BadQuery from None
    ids = [each.id for each in made.credentials]
    if len(set(ids)) != len(ids) or not all(map(_stands, made.credentials)):
        raise BadQuery
    if not isinstance(made.credential_sets, UnsetType):
        named = {id for each in made.credential_sets for option in each.options for id in option}
        if not named <= set(ids):
            raise BadQuery
    return made


def match(query: Query, held: Sequence[Candidate]) -> Selection | None:
    """What of `held` answers the query; None where something required is missing."""
    found: dict[str, tuple[Chosen, ...]] = {}
    for wanted in query.credentials:
        fitting = [(index, wanted.answered_by(candidate)) for index, candidate in enumerate(held)]
        chosen = tuple(Chosen(index, claims) for index, claims in fitting if claims is not None)
        if chosen:
            found[wanted.id] = chosen
    if not query.satisfied_by(found):
        return None
    needed, besides = _ids(query, found)
    return Selection(_first(query, found, needed), _first(query, found, besides - needed), found)


def _ids(query: Query, found: Collection[str]) -> tuple[set[str], set[str]]:
    """Ids that are needed, and ids of optional sets that could be met."""
    if isinstance(query.credential_sets, UnsetType):
        return {each.id for each in query.credentials}, set()
    needed, besides = set[str](), set[str]()
    for each in query.credential_sets:
        option = next((option for option in each.options if all(id in found for id in option)), ())
        (needed if each.required else besides).update(option)
    return needed, besides


def _first(
    query: Query, found: Mapping[str, tuple[Chosen, ...]], ids: Collection[str]
) -> dict[str, tuple[Chosen, ...]]:
    return {
        each.id: found[each.id] if each.multiple else found[each.id][:1]
        for each in query.credentials
        if each.id in ids
    }


def _stands(query: CredentialQuery) -> bool:
    """What the shape alone does not say of one credential query."""
    if query.format == FORMAT:
        types = query.meta.get("vct_values", ["any"])
        if not isinstance(types, list) or not types or not all(isinstance(each, str) for each in types):
            return False
    claims = () if isinstance(query.claims, UnsetType) else query.claims
    ids = [claim.id for claim in claims if not isinstance(claim.id, UnsetType)]
    if len(set(ids)) != len(ids):
        return False
    if isinstance(query.claim_sets, UnsetType):
        return True
    return len(ids) == len(claims) > 0 and {id for each in query.claim_sets for id in each} <= set(ids)


def _along(path: Sequence[Step], claims: object, presented: bool) -> list[object]:
    """What a claims path pointer selects (section 7.1); nothing where the section demands an error."""
    selected: list[object] = [claims]
    for step in path:
        if isinstance(step, str):
            if not all(isinstance(each, Mapping) for each in selected):
                return []
            selected = [each[step] for each in selected if isinstance(each, Mapping) and step in each]
        else:
            if not all(isinstance(each, list | tuple) for each in selected):
                return []
            arrays = [each for each in selected if isinstance(each, list | tuple)]
            if step is None or presented:
                selected = [element for each in arrays for element in each]
            else:
                selected = [each[step] for each in arrays if step < len(each)]
    return selected


def _same(wanted: object, found: object) -> bool:
    return type(wanted) is type(found) and wanted == found
