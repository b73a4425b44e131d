"""Mandates, who acts for whom in which case, and alerts about who has many."""

import sqlalchemy as sa
from alembic import op

from registry.store.tables.base import BigInt


def upgrade() -> None:
    op.create_table(
        "mandate",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("grantor", sa.LargeBinary(), nullable=False),
        sa.Column("agent", sa.LargeBinary(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("data_key", BigInt(), nullable=False),
        sa.Column("first_clerk", sa.LargeBinary(), nullable=True),
        sa.Column("family", sa.Boolean(), nullable=False),
        sa.Column("certificate", sa.String(), nullable=True),
        sa.Column("created", BigInt(), nullable=False),
        sa.Column("expires", BigInt(), nullable=False),
        sa.Column("until", BigInt(), nullable=False),
        sa.CheckConstraint("way IN ('wallet', 'window')", name=op.f("ck_mandate_way")),
        sa.ForeignKeyConstraint(["data_key"], ["data_key.id"], name=op.f("fk_mandate_data_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mandate")),
        sa.UniqueConstraint("certificate", name=op.f("uq_mandate_certificate")),
    )
    with op.batch_alter_table("mandate", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mandate_agent"), ["agent"], unique=False)
        batch_op.create_index(batch_op.f("ix_mandate_grantor"), ["grantor"], unique=False)

    op.create_table(
        "mandate_alert",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("agent", sa.LargeBinary(), nullable=False),
        sa.Column("mandate", sa.String(), nullable=False),
        sa.Column("grantors", sa.Integer(), nullable=False),
        sa.Column("created", BigInt(), nullable=False),
        sa.Column("ended_at", BigInt(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mandate_alert")),
    )
    with op.batch_alter_table("mandate_alert", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mandate_alert_agent"), ["agent"], unique=False)
        batch_op.create_index(batch_op.f("ix_mandate_alert_issuer"), ["issuer"], unique=False)

    op.create_table(
        "acting",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("asker", sa.String(), nullable=False),
        sa.Column("case_number", sa.String(), nullable=False),
        sa.Column("matter", sa.String(), nullable=False),
        sa.Column("clerk", sa.String(), nullable=False),
        sa.Column("request", sa.String(), nullable=True),
        sa.Column("ground", sa.String(), nullable=True),
        sa.Column("principal", sa.LargeBinary(), nullable=True),
        sa.Column("agent", sa.LargeBinary(), nullable=True),
        sa.Column("seen", sa.String(), nullable=False),
        sa.Column("created", BigInt(), nullable=False),
        sa.Column("taken_at", BigInt(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acting")),
    )
    with op.batch_alter_table("acting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_acting_case_number"), ["case_number"], unique=False)
