"""Inboxes and consents."""

import sqlalchemy as sa
from alembic import op

from registry.store.tables.base import BigInt


def upgrade() -> None:
    op.create_table(
        "inbox_item",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("holder", sa.LargeBinary(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("data_key", BigInt(), nullable=False),
        sa.Column("created", BigInt(), nullable=False),
        sa.Column("expires", BigInt(), nullable=True),
        sa.ForeignKeyConstraint(["data_key"], ["data_key.id"], name=op.f("fk_inbox_item_data_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_item")),
    )
    with op.batch_alter_table("inbox_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_inbox_item_holder"), ["holder"], unique=False)
        batch_op.create_index(batch_op.f("ix_inbox_item_reference"), ["reference"], unique=False)

    op.create_table(
        "consent",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("asker", sa.String(), nullable=False),
        sa.Column("holder", sa.LargeBinary(), nullable=False),
        sa.Column("matching", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("data_key", BigInt(), nullable=False),
        sa.Column("deciding", sa.LargeBinary(), nullable=True),
        sa.Column("evidence", sa.LargeBinary(), nullable=True),
        sa.Column("created", BigInt(), nullable=False),
        sa.Column("due", BigInt(), nullable=False),
        sa.Column("until", BigInt(), nullable=False),
        sa.Column("decided_at", BigInt(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'yes', 'no', 'withdrawn')", name=op.f("ck_consent_state")),
        sa.ForeignKeyConstraint(["data_key"], ["data_key.id"], name=op.f("fk_consent_data_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consent_holder"), ["holder"], unique=False)
        batch_op.create_index(batch_op.f("ix_consent_matching"), ["matching"], unique=False)
