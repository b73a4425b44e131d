"""Cases: matters, parties, facts, steps, decisions, effects, locks, documents, commitments."""

import sqlalchemy as sa
from alembic import op

from registry.store.tables.base import BigInt


def upgrade() -> None:
    op.create_table(
        "matter_version",
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("matter", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_matter_version")),
    )
    op.create_table(
        "case_file",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("matter", sa.String(), nullable=False),
        sa.Column("rule_version", sa.String(), nullable=False),
        sa.Column("office", sa.String(), nullable=False),
        sa.Column("responsible", sa.String(), nullable=False),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("drawn", sa.Boolean(), nullable=False),
        sa.Column("accepted", BigInt(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created", BigInt(), nullable=False),
        sa.Column("ended_at", BigInt(), nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'person', 'granted', 'ended', 'refused', 'red')",
            name=op.f("ck_case_file_state"),
        ),
        sa.ForeignKeyConstraint(["office"], ["department.code"], name=op.f("fk_case_file_office")),
        sa.ForeignKeyConstraint(["responsible"], ["department.code"], name=op.f("fk_case_file_responsible")),
        sa.ForeignKeyConstraint(
            ["rule_version"], ["matter_version.version"], name=op.f("fk_case_file_rule_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_file")),
    )
    with op.batch_alter_table("case_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_file_created"), ["created"], unique=False)
        batch_op.create_index(batch_op.f("ix_case_file_ended_at"), ["ended_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_case_file_matter"), ["matter"], unique=False)
        batch_op.create_index(batch_op.f("ix_case_file_office"), ["office"], unique=False)
        batch_op.create_index(batch_op.f("ix_case_file_responsible"), ["responsible"], unique=False)

    op.create_table(
        "document",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("holder", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("office", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("created", BigInt(), nullable=False),
        sa.ForeignKeyConstraint(["office"], ["department.code"], name=op.f("fk_document_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
    )
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_document_holder"), ["holder"], unique=False)

    op.create_table(
        "case_decision",
        sa.Column("case", sa.String(), nullable=False),
        sa.Column("rule_version", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", BigInt(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("person_outcome", sa.String(), nullable=False),
        sa.Column("person_reason", sa.String(), nullable=False),
        sa.Column("person_at", BigInt(), nullable=True),
        sa.Column("review_asked", BigInt(), nullable=True),
        sa.Column("reversal", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_file.id"], name=op.f("fk_case_decision_case")),
        sa.ForeignKeyConstraint(
            ["rule_version"], ["matter_version.version"], name=op.f("fk_case_decision_rule_version")
        ),
        sa.PrimaryKeyConstraint("case", "rule_version", name=op.f("pk_case_decision")),
    )
    op.create_table(
        "case_effect",
        sa.Column("case", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("certificate_id", sa.String(), nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        sa.Column("done_at", BigInt(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'done', 'refused')", name=op.f("ck_case_effect_state")),
        sa.ForeignKeyConstraint(["case"], ["case_file.id"], name=op.f("fk_case_effect_case")),
        sa.ForeignKeyConstraint(["issuer"], ["department.code"], name=op.f("fk_case_effect_issuer")),
        sa.PrimaryKeyConstraint("case", "name", "position", name=op.f("pk_case_effect")),
    )
    with op.batch_alter_table("case_effect", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_effect_issuer"), ["issuer"], unique=False)

    op.create_table(
        "case_lock",
        sa.Column("certificate_id", sa.String(), nullable=False),
        sa.Column("case", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_file.id"], name=op.f("fk_case_lock_case")),
        sa.PrimaryKeyConstraint("certificate_id", name=op.f("pk_case_lock")),
    )
    with op.batch_alter_table("case_lock", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_lock_case"), ["case"], unique=False)

    op.create_table(
        "case_party",
        sa.Column("id", BigInt(), nullable=False),
        sa.Column("case", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("holder", sa.LargeBinary(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("request", sa.String(), nullable=True),
        sa.Column("taken", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["case"], ["case_file.id"], name=op.f("fk_case_party_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_party")),
        sa.UniqueConstraint("case", "role", "position", name=op.f("uq_case_party_case_role_position")),
    )
    with op.batch_alter_table("case_party", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_party_holder"), ["holder"], unique=False)

    op.create_table(
        "case_step",
        sa.Column("case", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("department", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("opened_at", BigInt(), nullable=True),
        sa.Column("done_at", BigInt(), nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'open', 'agreed', 'objected')", name=op.f("ck_case_step_state")
        ),
        sa.ForeignKeyConstraint(["case"], ["case_file.id"], name=op.f("fk_case_step_case")),
        sa.ForeignKeyConstraint(["department"], ["department.code"], name=op.f("fk_case_step_department")),
        sa.PrimaryKeyConstraint("case", "name", name=op.f("pk_case_step")),
    )
    with op.batch_alter_table("case_step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_step_department"), ["department"], unique=False)

    op.create_table(
        "commitment",
        sa.Column("id", BigInt(), nullable=False),
        sa.Column("case", sa.String(), nullable=False),
        sa.Column("fact", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("due", BigInt(), nullable=False),
        sa.Column("signed_at", BigInt(), nullable=True),
        sa.Column("ended_at", BigInt(), nullable=True),
        sa.CheckConstraint("state IN ('asked', 'open', 'kept', 'overdue')", name=op.f("ck_commitment_state")),
        sa.ForeignKeyConstraint(["case"], ["case_file.id"], name=op.f("fk_commitment_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitment")),
        sa.UniqueConstraint("case", "fact", name=op.f("uq_commitment_case_fact")),
    )
    with op.batch_alter_table("commitment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_commitment_due"), ["due"], unique=False)

    op.create_table(
        "case_fact",
        sa.Column("id", BigInt(), nullable=False),
        sa.Column("case", sa.String(), nullable=False),
        sa.Column("party", BigInt(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("certificate_id", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", BigInt(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case_file.id"], name=op.f("fk_case_fact_case")),
        sa.ForeignKeyConstraint(["party"], ["case_party.id"], name=op.f("fk_case_fact_party")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_fact")),
        sa.UniqueConstraint("party", "name", "position", name=op.f("uq_case_fact_party_name_position")),
    )
    with op.batch_alter_table("case_fact", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_fact_case"), ["case"], unique=False)
        batch_op.create_index(batch_op.f("ix_case_fact_digest"), ["digest"], unique=False)

    op.create_table(
        "case_clock",
        sa.Column("id", BigInt(), nullable=False),
        sa.Column("case", sa.String(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("department", sa.String(), nullable=False),
        sa.Column("supervisor", sa.String(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("begun", BigInt(), nullable=False),
        sa.Column("yellow", BigInt(), nullable=False),
        sa.Column("due", BigInt(), nullable=False),
        sa.Column("escalates", BigInt(), nullable=False),
        sa.Column("upcoming", BigInt(), nullable=True),
        sa.Column("ended", BigInt(), nullable=True),
        sa.ForeignKeyConstraint(["case"], ["case_file.id"], name=op.f("fk_case_clock_case")),
        sa.ForeignKeyConstraint(["department"], ["department.code"], name=op.f("fk_case_clock_department")),
        sa.ForeignKeyConstraint(["supervisor"], ["department.code"], name=op.f("fk_case_clock_supervisor")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_clock")),
    )
    with op.batch_alter_table("case_clock", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_clock_case"), ["case"], unique=False)
        batch_op.create_index(batch_op.f("ix_case_clock_department"), ["department"], unique=False)
        batch_op.create_index("ix_case_clock_upcoming", ["upcoming"], unique=False)
        batch_op.create_index(
            "uq_case_clock_running",
            ["case", "part"],
            unique=True,
            sqlite_where=sa.text("ended IS NULL"),
            postgresql_where=sa.text("ended IS NULL"),
        )

    op.create_table(
        "case_alert",
        sa.Column("clock", BigInt(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("office", sa.String(), nullable=False),
        sa.Column("at", BigInt(), nullable=False),
        sa.CheckConstraint("kind IN ('yellow', 'red', 'escalated')", name=op.f("ck_case_alert_kind")),
        sa.ForeignKeyConstraint(["clock"], ["case_clock.id"], name=op.f("fk_case_alert_clock")),
        sa.ForeignKeyConstraint(["office"], ["department.code"], name=op.f("fk_case_alert_office")),
        sa.PrimaryKeyConstraint("clock", "kind", name=op.f("pk_case_alert")),
    )
    with op.batch_alter_table("case_alert", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_alert_office"), ["office"], unique=False)
