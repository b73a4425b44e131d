"""Idempotency keys of cases."""

import sqlalchemy as sa
from alembic import op


def upgrade() -> None:
    op.create_table(
        "case_key",
        sa.Column("asker", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("case", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_file.id"], name=op.f("fk_case_key_case")),
        sa.PrimaryKeyConstraint("asker", "key", name=op.f("pk_case_key")),
    )
