"""Tables that limit queries, and the versions of the rights."""

import sqlalchemy as sa
from alembic import op

from registry.store.tables.base import BigInt


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "policy",
        sa.Column("number", BigInt(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("since", BigInt(), nullable=False),
        sa.Column("anchored", BigInt(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_policy")),
        sa.UniqueConstraint("digest", name=op.f("uq_policy_digest")),
    )
    op.create_table(
        "asked_query",
        sa.Column("asker", sa.String(), nullable=False),
        sa.Column("seq", BigInt(), nullable=False),
        sa.Column("clerk", sa.String(), nullable=False),
        sa.Column("at", BigInt(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("asker", "seq", name=op.f("pk_asked_query")),
    )
    op.create_index("ix_asked_query_asker_at", "asked_query", ["asker", "at"])
    op.create_table(
        "comparison",
        sa.Column("id", BigInt(), nullable=False),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("question", sa.LargeBinary(), nullable=False),
        sa.Column("case_number", sa.String(), nullable=False),
        sa.Column("at", BigInt(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comparison")),
    )
    op.create_index(op.f("ix_comparison_subject"), "comparison", ["subject"])
    op.create_table(
        "query_alert",
        sa.Column("id", BigInt(), nullable=False),
        sa.Column("asker", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("clerk", sa.String(), nullable=False),
        sa.Column("at", BigInt(), nullable=False),
        sa.Column("ended_at", BigInt(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_query_alert")),
    )
    op.create_index(
        "uq_query_alert_open",
        "query_alert",
        ["asker", "kind", "clerk"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "query_review",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("asker", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("matching", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("data_key", BigInt(), nullable=False),
        sa.Column("created", BigInt(), nullable=False),
        sa.Column("due", BigInt(), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("decided_at", BigInt(), nullable=True),
        sa.Column("sealed_reason", sa.LargeBinary(), nullable=True),
        sa.Column("reason_key", BigInt(), nullable=True),
        sa.ForeignKeyConstraint(["data_key"], ["data_key.id"], name=op.f("fk_query_review_data_key")),
        sa.ForeignKeyConstraint(["reason_key"], ["data_key.id"], name=op.f("fk_query_review_reason_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_query_review")),
    )
    op.create_index(op.f("ix_query_review_issuer"), "query_review", ["issuer"])
    op.create_index(op.f("ix_query_review_matching"), "query_review", ["matching"])
    op.create_table(
        "query_batch",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("asker", sa.String(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("clerk", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("data_key", BigInt(), nullable=False),
        sa.Column("created", BigInt(), nullable=False),
        sa.Column("second", sa.String(), nullable=False),
        sa.Column("decided_at", BigInt(), nullable=True),
        sa.Column("rests_until", BigInt(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'answering', 'answered', 'declined')", name=op.f("ck_query_batch_state")
        ),
        sa.ForeignKeyConstraint(["asker"], ["department.code"], name=op.f("fk_query_batch_asker")),
        sa.ForeignKeyConstraint(["data_key"], ["data_key.id"], name=op.f("fk_query_batch_data_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_query_batch")),
        sa.UniqueConstraint("asker", "name", name=op.f("uq_query_batch_asker_name")),
    )
    op.create_index(op.f("ix_query_batch_asker"), "query_batch", ["asker"])
    op.create_index(op.f("ix_query_batch_state"), "query_batch", ["state"])
    op.create_table(
        "query_batch_item",
        sa.Column("batch", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("kept", sa.String(), nullable=True),
        sa.Column("at", BigInt(), nullable=False),
        sa.ForeignKeyConstraint(["batch"], ["query_batch.id"], name=op.f("fk_query_batch_item_batch")),
        sa.ForeignKeyConstraint(["kept"], ["query_case.id"], name=op.f("fk_query_batch_item_kept")),
        sa.PrimaryKeyConstraint("batch", "position", name=op.f("pk_query_batch_item")),
    )
