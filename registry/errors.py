"""Errors that a caller can act on: a stable type, one clear line in both languages, nothing personal."""

from typing import ClassVar, Literal

Mender = Literal["asker", "operator", "issuer", "holder"]


class RegistryError(Exception):
    """A refusal. Every subclass is one problem type (RFC 9457) and one line on the command line.

    kind: stable slug, the last part of the problem document's `type`.
    status: HTTP status code.
    mender: who can mend it.
    zh, en: what was wrong and what to do; never a claim value, a name or a number of a person.
    """

    kind: ClassVar[str] = "refused"
    status: ClassVar[int] = 400
    mender: ClassVar[Mender] = "asker"

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


class NotFound(RegistryError):
    """Nothing by that name that this caller may see."""

    kind = "not-found"
    status = 404


class NotYours(RegistryError):
    """The certificate was issued by another department."""

    kind = "not-yours"
    status = 404


class NotAllowed(RegistryError):
    """The change does not fit the certificate's state (lifecycle.md), or the caller lacks the right."""

    kind = "not-allowed"
    status = 409
