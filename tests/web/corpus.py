"""Presentations that went wrong, by chance from a seed.

Characters and parts of good ones changed; and JSON that a signer who means harm would sign: members twice,
numbers and texts at the edges, names that JavaScript holds dear.
"""

import base64
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec import structs

from registry import b64, certificate, credential, jcs, status
from registry.credential import Kind
from registry.trust import Window
from scripts.vectors.keys import NOW, FixedKey
from scripts.vectors.place import NONCE, VERIFIER, Issued, Place

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_ODD = json.loads(Path(__file__).with_name("odd.json").read_text("utf-8"))
NUMBERS = (*_ODD["numbers"], "1" + "0" * 400, str(NOW), f"{NOW}.0", f"{NOW}e0")
TEXTS = (
    *_ODD["texts"],
    *(f'"{each}"' for each in ("A" * 600, "\u00e9" * 128, "\U0001f600" * 128, "\U0001f600" * 129)),
)
OTHERS = (*_ODD["others"], "[" * 20 + "]" * 20, "[" * 3000 + "]" * 3000)
VALUES = (
    *_ODD["values"],
    *(
        each * times
        for each in ("a", "\u00e9", "\u4e2d", "\U00020bb7", "\U0001f600")
        for times in (100, 101, 200)
    ),
)
"""Values that some claim might have, and look-alikes of them."""
NAMES = tuple(_ODD["names"])
"""Names that a member is called beside the right one."""


def spoilt(text: str, chosen: random.Random) -> str:
    """One or two characters changed, taken out or put in, anywhere."""
    for _ in range(chosen.choice((1, 1, 1, 2))):
        at = chosen.randrange(len(text))
        character = chosen.choice((chosen.choice(ALPHABET), chosen.choice("~.=+/ \n%\x00é😀")))
        how = chosen.randrange(4)
        if how == 0:
            text = text[:at] + text[at + 1 :]
        elif how == 1:
            text = text[:at] + character + text[at:]
        elif how == 2:
            text = text[:at] + character + text[at + 1 :]
        else:  # the last character of a part: bits that belong to no byte
            ends = [i for i, each in enumerate(text) if each in "~."] + [len(text)]
            end = chosen.choice(ends)
            text = text[: end - 1] + chosen.choice(ALPHABET) + text[end:] if end else text
    return text


def rearranged(text: str, chosen: random.Random) -> str:
    """Parts of a presentation left out, twice, in another order, or another's."""
    parts = text.split("~")
    how = chosen.randrange(5)
    if how == 0:
        chosen.shuffle(parts)
    elif how == 1:
        del parts[chosen.randrange(len(parts))]
    elif how == 2:
        parts.insert(chosen.randrange(len(parts) + 1), chosen.choice(parts))
    elif how == 3:
        dots = parts[0].split(".")
        chosen.shuffle(dots)
        parts[0] = ".".join(dots)
    else:
        parts[-1] = parts[0]
    return "~".join(parts)


def members(value: dict[str, Any], chosen: random.Random, raw: Callable[[], str]) -> str:
    """JSON of an object in which one member, here or further in, has been spoilt. raw: something odd."""
    names = list(value)
    target, how = chosen.choice(names), chosen.randrange(9)
    if isinstance(value[target], dict) and chosen.random() < 0.6:
        inner = members(value[target], chosen, raw)
        written = [(name, inner if name == target else json.dumps(each)) for name, each in value.items()]
    else:
        written = [
            (name, json.dumps(each, ensure_ascii=chosen.random() < 0.5)) for name, each in value.items()
        ]
        at = names.index(target)
        if how < 3:
            written[at] = (target, raw())
        elif how == 3:
            written.insert(chosen.randrange(len(written) + 1), (target, raw()))  # twice
        elif how == 4:
            written.insert(chosen.randrange(len(written) + 1), (target, written[at][1]))
        elif how == 5:
            written.insert(chosen.randrange(len(written) + 1), (chosen.choice(NAMES), raw()))
        elif how == 6:
            del written[at]
        elif how == 7:
            chosen.shuffle(written)
        else:
            written[at] = (target.upper() if chosen.random() < 0.5 else target + "\u0000", written[at][1])
    space = chosen.choice(("", "", " ", "\n\t ", "\u00a0", "\f"))
    return "{" + ",".join(f"{space}{_name(name, chosen)}:{space}{each}" for name, each in written) + "}"


def _name(name: str, chosen: random.Random) -> str:
    if name and chosen.random() < 0.1:  # the same name, escaped
        return '"' + "".join(f"\\u{ord(each):04x}" for each in name) + '"'
    return json.dumps(name)


def something(chosen: random.Random) -> str:
    """JSON, or nearly, of something odd."""
    return chosen.choice(chosen.choice((NUMBERS, TEXTS, OTHERS)))


def segment(text: str, chosen: random.Random) -> str:
    """base64url of JSON in UTF-8, now and then of what is none."""
    data = text.encode("utf-8", "surrogatepass")
    if chosen.random() < 0.05:
        data = chosen.choice((b"\xff", b"\xef\xbb\xbf", b"\xc0\x80", b"\xed\xa0\x80")) + data
    if chosen.random() < 0.05:
        at = chosen.randrange(len(data))
        data = data[:at] + chosen.randbytes(1) + data[at + 1 :]
    if chosen.random() < 0.03:
        data += chosen.choice((b" ", b"\n", b"\x00", b"{}", b"x"))
    return b64.encode(data)


def certified_otherwise(certificate: str, chosen: random.Random) -> str:
    """The certificate of an `x5c` with a byte or a character changed."""
    if chosen.random() < 0.2:
        return spoilt(certificate, chosen)
    der = bytearray(base64.b64decode(certificate))
    at = chosen.randrange(min(len(der), chosen.choice((30, 400))))
    if chosen.random() < 0.3:
        del der[at]
    else:
        der[at] = chosen.choice((0, 0x30, 0x80, 0x81, 0x82, 0xFF, chosen.randrange(256)))
    return base64.b64encode(bytes(der)).decode()


def jws(header: str, payload: str, key: FixedKey) -> str:
    signing_input = f"{header}.{payload}"
    return f"{signing_input}.{b64.encode(key.sign(signing_input.encode()))}"


def signed(place: Place, issued: Issued, kind: Kind, chosen: random.Random) -> str:
    """A presentation whose header, payload, disclosures or KB-JWT was spoilt before it was signed."""
    token = place.credential(issued, kind)
    header, payload = (jcs.loads(b64.decode(part)) for part in token.split(".")[:2])
    which = chosen.randrange(4)
    spoil = lambda value: members(value, chosen, lambda: something(chosen))  # noqa: E731
    if chosen.random() < 0.15:
        header["x5c"][0] = certified_otherwise(header["x5c"][0], chosen)
    head = segment(spoil(header) if which == 0 else json.dumps(header), chosen)
    body = segment(spoil(payload) if which == 1 else json.dumps(payload), chosen)
    disclosures = issued.disclosures(("company_name", "credit_code"))
    if which == 2:
        at = chosen.randrange(len(disclosures))
        parts = [json.dumps(each) for each in jcs.loads(b64.decode(disclosures[at]))]
        parts[chosen.randrange(3)] = something(chosen)
        if chosen.random() < 0.3:
            parts.append(something(chosen))
        disclosures[at] = segment(f"[{','.join(parts)}]", chosen)
        body = segment(
            json.dumps(
                {
                    **payload,
                    "_sd": [*payload["_sd"], certificate.digest(disclosures[at], issued.certificate.sd_alg)],
                }
            ),
            chosen,
        )
    shown = "~".join((jws(head, body, issued.issuer.key), *disclosures, ""))
    if kind not in (Kind.CODE, Kind.REQUEST):
        return shown
    bound = {
        "aud": credential.CODE_AUDIENCE,
        "iat": NOW,
        "nonce": "n",
        "sd_hash": certificate.digest(shown, issued.certificate.sd_alg),
    }
    if kind is Kind.REQUEST:
        bound |= {"aud": VERIFIER, "nonce": NONCE}
    said = spoil(bound) if which == 3 else json.dumps(bound)
    return shown + jws(
        b64.encode(jcs.dumps({"alg": "ES256", "typ": "kb+jwt"})), segment(said, chosen), issued.wallet
    )


def with_odd_values(place: Place, chosen: random.Random, number: int) -> str:
    """A genuine certificate of any type, but for what its claims say."""
    name = f"odd values {number}"
    type = chosen.choice(list(place.catalogue))
    issuer = place.issuers[next(iter(place.issuers))]
    issued = place.prepare(name, issuer)
    place.type(type.alias)
    issuer.rights.setdefault(type.type, (Window(0),))
    named = [each.name for each in (*type.claims, *type.derived)]
    claims = {each: odd(chosen) for each in chosen.sample(named, chosen.choice((1, 1, 2, 3)))}
    if chosen.random() < 0.1:
        claims[chosen.choice(NAMES[:8])] = odd(chosen)
    core = structs.replace(issued.certificate.core, type=type.type, type_version=type.version)
    issued.type = type
    issued.certificate = certificate.make(core, claims, randomness=chosen.randbytes)
    return place.show(place.anchor(issued), chosen.choice((Kind.CODE, Kind.COPY)), claims)


def odd(chosen: random.Random) -> str:
    value = chosen.choice(VALUES)
    if chosen.random() < 0.3:
        value += chosen.choice(VALUES)
    if chosen.random() < 0.1:
        value += chr(chosen.choice((chosen.randrange(0xD800), chosen.randrange(0xE000, 0x110000))))
    return value


def spoilt_items(items: Any, chosen: random.Random) -> Any:
    """The items of a code with one of them, here or further in, another, left out, twice or elsewhere."""
    if isinstance(items, list) and items and chosen.random() < 0.85:
        items, at, how = list(items), chosen.randrange(len(items)), chosen.random()
        if how < 0.75:
            items[at] = spoilt_items(items[at], chosen)
        elif how < 0.83:
            del items[at]
        elif how < 0.9:
            items.insert(at, odd_item(chosen))
        elif how < 0.95:
            items.insert(at, chosen.choice(items))
        else:
            chosen.shuffle(items)
        return items
    if isinstance(items, int) and chosen.random() < 0.5:
        return items + chosen.choice((1, -1, 1000))
    if isinstance(items, bytes | str) and items and chosen.random() < 0.6:
        at = chosen.randrange(len(items))
        other: Any = chosen.randbytes(1) if isinstance(items, bytes) else chosen.choice('0A.é/"\\\n😀\u212a')
        return items[:at] + other + items[at + 1 :]
    return odd_item(chosen)


def odd_item(chosen: random.Random) -> Any:
    numbers = (0, 1, -1, 2**53 - 1, 2**53, 2**64 - 1, -(2**53), 1.5)
    texts = ("", "x", "sm3", "sha-256", "__proto__", "0" * 40, "a.000.b", "1.2.156.3005.2.1.2.3.001.X", "٣")
    data = (b"", *(bytes(length) for length in (8, 32, 33)), b"\x02" + bytes(32))
    return chosen.choice((*numbers, *texts, *data, [], [0], None, True, {"a": 1}))


def spoilt_list(token: str, key: FixedKey, chosen: random.Random) -> str:
    """A status list token whose stream, payload or header was spoilt before it was signed."""
    header, payload = (jcs.loads(b64.decode(part)) for part in token.split(".")[:2])
    which = chosen.randrange(6)
    if which == 0:
        packed: dict[str, str] = payload["status_list"]
        good = packed["lst"]
        bomb, one = status.deflate(bytes(600_000)), status.deflate(b"\1")
        packed["lst"] = chosen.choice(
            (good[:-3], good + "AA", b64.encode(chosen.randbytes(20)), "", bomb, one)
        )
    head, body = (
        members(each, chosen, lambda: something(chosen)) if spoil else json.dumps(each)
        for each, spoil in ((header, which == 1), (payload, which > 1))
    )
    return jws(segment(head, chosen), segment(body, chosen), key)
