"""Heads of the access logs, and how a holder's entries are found."""

import sqlalchemy as sa
from alembic import op

from registry.store.tables.base import BigInt


def upgrade() -> None:
    op.create_table(
        "access_head",
        sa.Column("deployment", BigInt(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("seq", BigInt(), nullable=False),
        sa.Column("chain_tx", BigInt(), nullable=False),
        sa.Column("size", BigInt(), nullable=False),
        sa.Column("link", sa.LargeBinary(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("blinding", sa.LargeBinary(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("created", BigInt(), nullable=False),
        sa.ForeignKeyConstraint(["deployment"], ["deployment.id"], name=op.f("fk_access_head_deployment")),
        sa.ForeignKeyConstraint(["chain_tx"], ["chain_tx.id"], name=op.f("fk_access_head_chain_tx")),
        sa.PrimaryKeyConstraint("deployment", "issuer", "seq", "chain_tx", name=op.f("pk_access_head")),
    )
    with op.batch_alter_table("access_head", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_head_head"), ["head"], unique=False)
    op.create_table(
        "access_node",
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("number", BigInt(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "number", name=op.f("pk_access_node")),
    )
    with op.batch_alter_table("access_salt", schema=None) as batch_op:
        batch_op.add_column(sa.Column("finder", sa.LargeBinary(), nullable=True))
        batch_op.create_index(batch_op.f("ix_access_salt_finder"), ["finder"], unique=False)
