"""What holders are offered before they ask."""

import sqlalchemy as sa
from alembic import op

from registry.store.tables.base import BigInt


def upgrade() -> None:
    op.create_table(
        "foreseen",
        sa.Column("certificate", BigInt(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("at", BigInt(), nullable=False),
        sa.ForeignKeyConstraint(["certificate"], ["certificate.id"], name=op.f("fk_foreseen_certificate")),
        sa.PrimaryKeyConstraint("certificate", "role", "what", name=op.f("pk_foreseen")),
    )
    with op.batch_alter_table("foreseen", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_foreseen_at"), ["at"], unique=False)
    op.create_table(
        "offered",
        sa.Column("holder", sa.LargeBinary(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("at", BigInt(), nullable=False),
        sa.PrimaryKeyConstraint("holder", "what", name=op.f("pk_offered")),
    )
    op.create_table(
        "quiet_holder",
        sa.Column("holder", sa.LargeBinary(), nullable=False),
        sa.Column("since", BigInt(), nullable=False),
        sa.PrimaryKeyConstraint("holder", name=op.f("pk_quiet_holder")),
    )
