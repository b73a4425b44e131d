"""Answers to messages are kept by who answered too.

Those of before do not say who did; they are dropped, as every answer is after a day. Their messages are
refused after a minute, so none is answered a second time but one that was sent while this ran.
"""

import sqlalchemy as sa
from alembic import op

from registry.store.tables.base import BigInt

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("answered_message")
    op.create_table(
        "answered_message",
        sa.Column("asker", sa.String(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", BigInt(), nullable=False),
        sa.PrimaryKeyConstraint("asker", "issuer", "nonce", name=op.f("pk_answered_message")),
    )
    with op.batch_alter_table("answered_message", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_answered_message_at"), ["at"], unique=False)
