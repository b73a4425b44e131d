"""What the front page tells: the story that the sample town just played, and the certificates in it.

`scripts.run` writes `story.json` into the data folder; without it the page stands, and only checks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from registry import certificate, credential, jcs, proofcode
from registry.certificate import Core
from registry.definition import TypeDefinition
from registry.errors import RegistryError
from registry.trust import Trust

FILE = "story.json"


class Step(msgspec.Struct, frozen=True):
    """One thing that happened. picture: a name in `Story.pictures`; verdict: what a check of it said; failed:
    names of the checks that failed.
    """

    zh: str
    en: str
    picture: str = ""
    verdict: str = ""
    failed: tuple[str, ...] = ()


class StoryCertificate(msgspec.Struct, frozen=True):
    """A certificate to be drawn. copy: the text of a printed copy's QR (`proofcode.encode_copy`)."""

    issuer: str
    certificate_id: str
    copy: str


class StoryBatch(msgspec.Struct, frozen=True):
    """A batch on the chain. root, transaction: hexadecimal, with or without 0x."""

    issuer: str
    seq: int
    root: str
    size: int
    block: int
    transaction: str


class Revocable(msgspec.Struct, frozen=True):
    """The one certificate that a visitor of the sample town may revoke."""

    issuer: str
    certificate_id: str


class Story(msgspec.Struct, frozen=True):
    """The story of one run.

    citizen: her number, counted from 1. pictures: name to path of a PNG, in the data folder.
    chain_url: the node's address, for a reader's own question to it.
    """

    citizen: str = ""
    origin: str = ""
    chain_url: str = ""
    pictures: dict[str, str] = {}
    steps: tuple[Step, ...] = ()
    certificates: tuple[StoryCertificate, ...] = ()
    batches: tuple[StoryBatch, ...] = ()
    revocable: Revocable | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Card:
    """A certificate as it is drawn: number in the story, type, core, and the claims of its copy."""

    number: int
    issuer_zh: str
    issuer_en: str
    definition: TypeDefinition
    core: Core
    claims: Mapping[str, str]
    copy: str
    batch: StoryBatch | None

    @property
    def alias(self) -> str:
        """The type's short name, by which its drawing is chosen."""
        return self.definition.alias

    def rows(self) -> Sequence[tuple[str, str, str]]:
        """Label in both languages and value of every claim shown, in the type's order."""
        labels = self.definition.labels
        return [(labels[n].zh, labels[n].en, self.claims[n]) for n in labels if n in self.claims]


def load(data: Path) -> Story:
    """The story of the last run; an empty one where there is none, or it is another version's."""
    try:
        return msgspec.json.decode((data / FILE).read_bytes(), type=Story)
    except (OSError, msgspec.MsgspecError):
        return Story()


def cards(story: Story, trust: Trust) -> list[Card]:
    """The certificates that can be drawn from what their copies show."""
    directory = proofcode.directory_of(trust)
    return [
        card
        for number, each in enumerate(story.certificates)
        if (card := _card(number, each, story, trust, directory)) is not None
    ]


def receipt(text: str, trust: Trust) -> bytes:
    """What a copy's certificate was anchored as, and where: for `scripts/recompute.py`, as JSON.

    Raises:
        BadCode: the text is no copy that this registry knows.
    """
    shown = credential.parse(proofcode.find(text, proofcode.directory_of(trust)))
    document: dict[str, Any] = {
        "core": shown.payload.core,
        "_sd": shown.payload.sd,
        "_sd_alg": certificate.SD_ALG,
        "anchor": shown.payload.anchor,
        "disclosures": credential.split(shown.text)[1],
    }
    return jcs.dumps(document)


def picture(story: Story, name: str, data: Path) -> Path | None:
    """The file of a picture in the story, which must be a PNG within the data folder."""
    named = story.pictures.get(name)
    if named is None:
        return None
    folder = data.resolve()
    path = (folder / named).resolve() if not Path(named).exists() else Path(named).resolve()
    return path if path.is_relative_to(folder) and path.suffix == ".png" and path.is_file() else None


def _card(
    number: int, each: StoryCertificate, story: Story, trust: Trust, directory: proofcode.Directory
) -> Card | None:
    try:
        shown = credential.parse(proofcode.decode(each.copy, directory))
    except RegistryError:
        return None
    core, issuer = shown.payload.core, trust.issuers.get(shown.payload.core.issuer)
    known = trust.types.get((core.type, core.type_version))
    if issuer is None or known is None:
        return None
    anchored = (core.issuer, shown.payload.anchor.seq)
    batch = next((one for one in story.batches if (one.issuer, one.seq) == anchored), None)
    return Card(number, issuer.zh, issuer.en, known.definition, core, shown.claims, each.copy, batch)
