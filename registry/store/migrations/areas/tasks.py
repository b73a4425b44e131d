"""What departments have to do by a date."""

import sqlalchemy as sa
from alembic import op

from registry.store.tables.base import BigInt


def upgrade() -> None:
    op.create_table(
        "task",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("department", sa.String(length=18), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("certificate", sa.String(), nullable=False),
        sa.Column("case", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created", BigInt(), nullable=False),
        sa.Column("due", BigInt(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("correction", sa.String(), nullable=False),
        sa.Column("closing", sa.LargeBinary(), nullable=True),
        sa.Column("done_at", BigInt(), nullable=True),
        sa.CheckConstraint("kind IN ('linked', 'objection', 'effect')", name=op.f("ck_task_kind")),
        sa.CheckConstraint("state IN ('open', 'done')", name=op.f("ck_task_state")),
        sa.ForeignKeyConstraint(["department"], ["department.code"], name=op.f("fk_task_department")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sa.UniqueConstraint("cause", name=op.f("uq_task_cause")),
    )
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_task_department_state_due"), ["department", "state", "due"], unique=False
        )

    op.create_table(
        "objection",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("lineage", BigInt(), nullable=True),
        sa.Column("holder", sa.LargeBinary(), nullable=True),
        sa.Column("asker", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("once", sa.String(), nullable=False),
        sa.Column("created", BigInt(), nullable=False),
        sa.Column("ended_at", BigInt(), nullable=True),
        sa.ForeignKeyConstraint(["lineage"], ["certificate.id"], name=op.f("fk_objection_lineage")),
        sa.ForeignKeyConstraint(["task"], ["task.id"], name=op.f("fk_objection_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objection")),
        sa.UniqueConstraint("task", name=op.f("uq_objection_task")),
    )
    open_ones = sa.text("ended_at IS NULL")
    with op.batch_alter_table("objection", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_objection_asker"), ["asker"], unique=False)
        batch_op.create_index(batch_op.f("ix_objection_holder"), ["holder"], unique=False)
        batch_op.create_index(
            "uq_objection_open",
            ["once"],
            unique=True,
            sqlite_where=open_ones,
            postgresql_where=open_ones,
        )
