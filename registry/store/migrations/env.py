"""Alembic's entry: runs migrations on the connection that `upgrade` hands over."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from registry.store.tables import Table
from registry.store.tables.base import BigInt


def _render(kind: str, thing: Any, autogenerate: AutogenContext) -> str | Literal[False]:
    if kind == "type" and isinstance(thing, BigInt):
        autogenerate.imports.add("from registry.store.tables.base import BigInt")
        return "BigInt()"
    if kind == "type" and type(thing).__name__ == "AutoString":
        return "sa.String()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    compare_type=True,
    render_as_batch=True,
    render_item=_render,
    transactional_ddl=False,  # the caller's transaction holds it all
)
context.run_migrations()
