"""The department that a command names as its own: nobody has proven to be it, so at least there is one."""

from typing import TYPE_CHECKING

from registry.errors import NotFound

if TYPE_CHECKING:
    from registry.usecases import UseCases


def demand(cases: "UseCases", code: str) -> None:
    """Raises NotFound where this registry knows no department of that code."""
    if code not in cases.trust().issuers:
        raise NotFound("没有这个部门。", "There is no such department.")
