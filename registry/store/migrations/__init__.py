"""Changes of the tables, in order (Alembic).

`python -m registry.store.migrations "why"` writes the next one from the difference between the tables in
code and those of an empty database that all migrations made.
"""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

from registry.store.tables import Table


def is_newest(connection: Connection) -> bool:
    """Whether the database has the newest tables already."""
    current = MigrationContext.configure(connection).get_current_revision()
    return current == ScriptDirectory.from_config(_config(connection)).get_current_head()


def upgrade(connection: Connection) -> None:
    """Bring the database of this connection, in its transaction, to the newest tables."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(4257001)"))
    command.upgrade(_config(connection), "head")


def differences(connection: Connection) -> list[object]:
    """What the tables in code have and the database has not, or the other way round."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, Table.metadata))


def write_next(why: str) -> None:
    """Write the next migration's file from the difference."""
    with create_engine("sqlite://").begin() as connection:
        upgrade(connection)
        config = _config(connection)
        number = len(list(ScriptDirectory.from_config(config).walk_revisions())) + 1
        command.revision(config, why, autogenerate=True, rev_id=f"{number:04}")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config
