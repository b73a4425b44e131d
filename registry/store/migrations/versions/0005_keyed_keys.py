"""Idempotency keys are stored as keyed hashes; plain ones are set aside for who has the keys."""

import sqlalchemy as sa
from alembic import op

from registry.store.tables.base import BigInt

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plain_key",
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("caller", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("certificate", BigInt(), nullable=True),
        sa.Column("case", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("route", "caller", "key", name=op.f("pk_plain_key")),
    )
    op.execute(
        "INSERT INTO plain_key (route, caller, key, body_hash, certificate) "
        "SELECT 'certificates', issuer, key, body_hash, certificate FROM idempotency"
    )
    op.execute(
        'INSERT INTO plain_key (route, caller, key, body_hash, "case") '
        "SELECT 'cases', asker, key, body_hash, \"case\" FROM case_key"
    )
    op.drop_table("idempotency")
    op.drop_table("case_key")
    op.create_table(
        "idempotency",
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("certificate", BigInt(), nullable=False),
        sa.ForeignKeyConstraint(["certificate"], ["certificate.id"], name=op.f("fk_idempotency_certificate")),
        sa.PrimaryKeyConstraint("issuer", "key", name=op.f("pk_idempotency")),
    )
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_certificate"), ["certificate"], unique=False)
    op.create_table(
        "case_key",
        sa.Column("asker", sa.String(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("case", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_file.id"], name=op.f("fk_case_key_case")),
        sa.PrimaryKeyConstraint("asker", "key", name=op.f("pk_case_key")),
    )
