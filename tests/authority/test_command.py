"""The authority's commands, as somebody types them."""

import pytest
from typer.testing import CliRunner

from registry.cli.main import assemble

DASHED = "-4E0hYzSNdO5kkXBWt0WzXQGGYWnVXGcrJrQ8fGm1hA"


@pytest.mark.parametrize("command", ["compromise", "key"])
def test_a_thumbprint_may_begin_with_a_dash(
    command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    """One in 64 does, and a stolen key is reported in a hurry: only the missing registry is in the way."""
    monkeypatch.setenv("ZT_DATA", str(tmp_path))
    said = CliRunner().invoke(assemble(), ["authority", command, "11440100MB9A00014G", DASHED])
    assert said.exit_code != 2, said.output
