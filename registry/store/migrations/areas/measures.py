"""What people say of cases: ratings, and reports of being asked again."""

import sqlalchemy as sa
from alembic import op

from registry.store.tables.base import BigInt


def upgrade() -> None:
    op.create_table(
        "case_rating",
        sa.Column("case", sa.String(), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("at", BigInt(), nullable=False),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name=op.f("ck_case_rating_stars")),
        sa.ForeignKeyConstraint(["case"], ["case_file.id"], name=op.f("fk_case_rating_case")),
        sa.PrimaryKeyConstraint("case", name=op.f("pk_case_rating")),
    )
    with op.batch_alter_table("case_rating", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_rating_at"), ["at"], unique=False)

    op.create_table(
        "asked_again",
        sa.Column("case", sa.String(), nullable=False),
        sa.Column("fact", sa.String(), nullable=False),
        sa.Column("department", sa.String(), nullable=False),
        sa.Column("at", BigInt(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_file.id"], name=op.f("fk_asked_again_case")),
        sa.ForeignKeyConstraint(["department"], ["department.code"], name=op.f("fk_asked_again_department")),
        sa.PrimaryKeyConstraint("case", "fact", name=op.f("pk_asked_again")),
    )
    with op.batch_alter_table("asked_again", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_asked_again_at"), ["at"], unique=False)
