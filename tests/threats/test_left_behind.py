"""What others on the machine, or readers of a traceback, can see (threats 22, 23)."""

from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from registry.store import open_store
from registry.store.tables import Setting


def test_the_database_is_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "town" / "registry.sqlite"
    store = open_store(f"sqlite:///{file}")
    with store.write() as session:
        session.add(Setting(name="origin", value="here"))
    modes = {path.name: path.stat().st_mode & 0o777 for path in [file.parent, *file.parent.iterdir()]}
    assert modes.keys() >= {"town", "registry.sqlite", "registry.sqlite-wal"}
    assert [name for name, mode in modes.items() if mode & 0o077] == []
    store.close()


def test_an_error_of_the_database_quotes_nothing_that_was_to_be_stored(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'registry.sqlite'}")
    for attempt in range(2):
        try:
            with store.write() as session:
                session.add(Setting(name="440105199205037799", value="夏俊飞"))
        except IntegrityError as error:
            assert attempt == 1
            assert "440105199205037799" not in f"{error!s}{error!r}"
            assert "夏俊飞" not in f"{error!s}{error!r}"
            break
    else:
        pytest.fail("the second one was stored too")
    store.close()
