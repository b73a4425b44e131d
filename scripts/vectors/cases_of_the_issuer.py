"""Checks 4 to 6: right, issuer_key, status."""

from collections.abc import Iterator

from registry import credential
from registry.credential import Kind, StatusReference
from registry.lifecycle import Status
from registry.signing import Use
from registry.trust import StatusChange, Successor, Window
from scripts.vectors.case import Case
from scripts.vectors.keys import NOW, certified, key
from scripts.vectors.place import DAY, ORIGIN, Issued, Issuer, Place, credit_code


def rights_and_keys(place: Place, market: Issuer) -> Iterator[Case]:
    """Checks 4 and 5."""
    ended = place.issuer("ended right", "business_licence", until=NOW - 2 * DAY)
    yield Case("right-ended-before-the-anchor", place.show(place.issue("too late", ended)))
    earlier = place.anchor(place.prepare("in time", ended), time=NOW - 3 * DAY)
    yield Case("right-ended-after-the-anchor", place.show(earlier))
    later = place.issuer("later right", "business_licence", since=NOW - DAY + 1)
    yield Case("right-began-after-the-anchor", place.show(place.issue("too early", later)))
    never = place.issuer("never a right")
    yield Case("right-never", place.show(place.issue("never", never)))

    licence = place.issue("keys", market)
    thief = key("thief")
    yield Case("issuer_key-nobody-s", place.show(licence, key=thief, x5c=certified(thief, "thief")))
    yield Case("issuer_key-bad-signature", forged(place, licence))
    yield Case("issuer_key-another-x5c", place.show(licence, x5c=certified(thief, "thief")))
    stranger = place.issuer("another issuer", "business_licence")
    yield Case("issuer_key-another-issuer", place.show(licence, by=stranger))
    elsewhere = credential.status_uri("https://elsewhere.example", market.code, 0)
    entry = StatusReference(uri=elsewhere, idx=0)
    yield Case("unknown-origin", place.show(licence, origin="https://elsewhere.example", status=entry))
    unchosen = Issuer("not in the bundle", credit_code(500), key("issuer/not in the bundle"))
    yield Case("unknown-issuer", place.show(place.issue("unchosen", unchosen)))

    for title, given, iat in (
        ("issuer_key-compromised", {"compromised": NOW - 100}, NOW - 3600),
        ("issuer_key-wrong-use", {"uses": Use.STATUS_LISTS | Use.ANSWERS}, NOW - 3600),
        ("issuer_key-window-ended-before", {"windows": (Window(0, NOW - 7200),)}, NOW - 3600),
        ("issuer_key-window-began-after", {"windows": (Window(NOW - 60),)}, NOW - 3600),
        ("retired-30-days-ago", {"windows": (Window(0, NOW - 30 * DAY),)}, NOW - 30 * DAY - 1),
        ("issuer_key-retired-over-30-days-ago", {"windows": (Window(0, NOW - 31 * DAY),)}, NOW - 32 * DAY),
    ):
        issuer = place.issuer(title, "business_licence", lists_by=key(f"lists/{title}"), **given)
        held = place.anchor(place.prepare(title, issuer), time=NOW - 40 * DAY)
        yield Case(title, place.show(held, iat=iat))
        if "over-30" in title:
            paper = place.show(held, Kind.COPY, held.type.paper, iat=iat, exp=NOW + 365 * DAY)
            yield Case("copy-by-a-key-retired-long-ago", paper)

    gone = place.issuer("merged away", "business_licence")
    heir = place.issuer("successor")
    gone.successors[place.type("business_licence").type] = Successor(heir.code, NOW - 10 * DAY)
    inherited = place.issue("inherited", gone)
    yield Case("successor", place.show(inherited, by=heir))
    yield Case("issuer_key-successor-too-early", place.show(inherited, by=heir, iat=NOW - 11 * DAY))


def forged(place: Place, licence: Issued) -> str:
    """A payload that the signature is not over, bound by the right wallet."""
    header, _, signature = place.credential(licence, Kind.CODE).split(".")
    _, payload, _ = place.credential(licence, Kind.CODE, exp=NOW + 29 * DAY).split(".")
    return place.bind(f"{header}.{payload}.{signature}", [], licence.wallet, Kind.CODE)


def statuses(place: Place, market: Issuer) -> Iterator[Case]:
    """Check 6."""
    for value in (Status.REVOKED, Status.SUSPENDED, Status.SUPERSEDED):
        title = value.name.lower()
        licence = place.issue(f"certificate {title}", market)
        place.set_status(licence, value)
        yield Case(f"status-certificate-{title}", place.show(licence))
        jwt = place.credential(licence, Kind.CODE)
        late = place.bind(jwt, [], licence.wallet, Kind.CODE, iat=NOW + DAY)
        yield Case(f"status-certificate-{title}-stale", late, now=NOW + DAY)
        own = place.issue(f"credential {title}", market)
        yield Case(f"status-credential-{title}", place.show(own))
        assert own.entry is not None
        market.entries.set(own.entry.idx, value)
    reason = place.issue("revoked with a reason", market)
    place.set_status(reason, Status.REVOKED)
    place.certificates[reason.place] = (StatusChange(Status.REVOKED, "penalty", NOW - DAY, NOW - DAY),)
    yield Case("status-revoked-with-a-reason", place.show(reason))
    paper = place.issue("copy of a revoked one", market)
    place.set_status(paper, Status.REVOKED)
    yield Case("status-copy-of-a-revoked-certificate", place.show(paper, Kind.COPY, paper.type.paper))
    stale = place.issue("stale", market)
    late = place.bind(place.credential(stale, Kind.CODE), [], stale.wallet, Kind.CODE, iat=NOW + DAY // 2)
    yield Case("unknown-status-stale", late, now=NOW + DAY // 2)
    stranger = place.issuer("list of another", "business_licence")
    entry = StatusReference(uri=stranger.uri, idx=0)
    yield Case("status-entry-of-another-issuer", place.show(stale, status=entry))
    beyond = StatusReference(uri=market.uri, idx=1024)
    yield Case("status-entry-beyond-the-list", place.show(stale, status=beyond))
    unheard = StatusReference(uri=credential.status_uri(ORIGIN, market.code, 9), idx=0)
    yield Case("unknown-status-list", place.show(stale, status=unheard))
