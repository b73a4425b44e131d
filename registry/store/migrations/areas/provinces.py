"""Tables of registries beside this one."""

import sqlalchemy as sa
from alembic import op

from registry.store.tables.base import BigInt


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "partner",
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("root_document", sa.LargeBinary(), nullable=False),
        sa.Column("bundle", sa.LargeBinary(), nullable=False),
        sa.Column("version", BigInt(), nullable=False),
        sa.Column("etag", sa.String(), nullable=False),
        sa.Column("taken_at", BigInt(), nullable=False),
        sa.Column("fetched_at", BigInt(), nullable=False),
        sa.PrimaryKeyConstraint("origin", name=op.f("pk_partner")),
    )
    op.create_table(
        "answered_message",
        sa.Column("asker", sa.String(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", BigInt(), nullable=False),
        sa.PrimaryKeyConstraint("asker", "nonce", name=op.f("pk_answered_message")),
    )
    op.create_index(op.f("ix_answered_message_at"), "answered_message", ["at"])
