"""Queries with rights, consent, mandates, cases and what belongs to them: subject by subject."""

from importlib import import_module

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

AREAS: tuple[str, ...] = (
    "accesslog",
    "cases",
    "casekeys",
    "consents",
    "foreseen",
    "importing",
    "mandates",
    "measures",
    "provinces",
    "queries",
    "tasks",
)
"""Modules of `registry.store.migrations.areas`, in this order: what others refer to comes first."""


def upgrade() -> None:
    for name in AREAS:
        import_module(f"registry.store.migrations.areas.{name}").upgrade()
