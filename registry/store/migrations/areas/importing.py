"""What was taken over from other systems."""

import sqlalchemy as sa
from alembic import op

from registry.store.tables.base import BigInt


def upgrade() -> None:
    op.create_table(
        "imported_row",
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("mapping", sa.String(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("certificate", BigInt(), nullable=False),
        sa.Column("ended", sa.String(), nullable=False),
        sa.Column("faults", sa.String(), nullable=False),
        sa.Column("at", BigInt(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate"], ["certificate.id"], name=op.f("fk_imported_row_certificate")
        ),
        sa.PrimaryKeyConstraint("issuer", "mapping", "key", name=op.f("pk_imported_row")),
    )
    with op.batch_alter_table("imported_row", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_imported_row_certificate"), ["certificate"], unique=False)

    op.create_table(
        "import_run",
        sa.Column("id", BigInt(), nullable=False),
        sa.Column("mapping", sa.String(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("since", sa.String(), nullable=False),
        sa.Column("started", BigInt(), nullable=False),
        sa.Column("finished", BigInt(), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )
    with op.batch_alter_table("import_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_run_mapping"), ["mapping"], unique=False)
