"""All tables."""
# ruff: noqa: PLR0915

import sqlalchemy as sa
from alembic import op

from registry.store.tables.base import BigInt

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "access_salt",
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("seq", BigInt(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "seq", name=op.f("pk_access_salt")),
    )
    op.create_table(
        "certificate_list",
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("list", sa.Integer(), nullable=False),
        sa.Column("counter", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "type", "list", name=op.f("pk_certificate_list")),
    )
    op.create_table(
        "chain_account",
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("created", BigInt(), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "address", name=op.f("pk_chain_account")),
        sa.UniqueConstraint("address", name=op.f("uq_chain_account_address")),
    )
    op.create_table(
        "credential_list",
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("list", sa.Integer(), nullable=False),
        sa.Column("origin", sa.Integer(), nullable=False),
        sa.Column("counter", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "list", name=op.f("pk_credential_list")),
    )
    op.create_table(
        "data_key",
        sa.Column("id", BigInt(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created", BigInt(), nullable=False),
        sa.Column("retired_at", BigInt(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_key")),
    )
    with op.batch_alter_table("data_key", schema=None) as batch_op:
        batch_op.create_index(
            "uq_data_key_current",
            ["issuer"],
            unique=True,
            sqlite_where=sa.text("retired_at IS NULL"),
            postgresql_where=sa.text("retired_at IS NULL"),
        )

    op.create_table(
        "department",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("client_jwks", sa.String(), nullable=True),
        sa.Column("batch_after", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_department")),
    )
    op.create_table(
        "deployment",
        sa.Column("id", BigInt(), nullable=False),
        sa.Column("chain_id", BigInt(), nullable=False),
        sa.Column("genesis", sa.LargeBinary(), nullable=False),
        sa.Column("issuer_registry", sa.String(), nullable=False),
        sa.Column("certificate_registry", sa.String(), nullable=False),
        sa.Column("access_log", sa.String(), nullable=True),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("block", BigInt(), nullable=False),
        sa.Column("block_hash", sa.LargeBinary(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created", BigInt(), nullable=False),
        sa.CheckConstraint("state IN ('importing', 'live', 'lost')", name=op.f("ck_deployment_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployment")),
    )
    with op.batch_alter_table("deployment", schema=None) as batch_op:
        batch_op.create_index(
            "uq_deployment_live",
            ["state"],
            unique=True,
            sqlite_where=sa.text("state = 'live'"),
            postgresql_where=sa.text("state = 'live'"),
        )

    op.create_table(
        "import_job",
        sa.Column("id", BigInt(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("repeated", sa.Integer(), nullable=False),
        sa.Column("report_size", BigInt(), nullable=False),
        sa.Column("started", BigInt(), nullable=False),
        sa.Column("finished", BigInt(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_job")),
        sa.UniqueConstraint("issuer", "type", "digest", name=op.f("uq_import_job_issuer_type_digest")),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("until", BigInt(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "link",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires", BigInt(), nullable=False),
        sa.Column("used_at", BigInt(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
    )
    with op.batch_alter_table("link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_link_expires"), ["expires"], unique=False)

    op.create_table(
        "list_token",
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("list", sa.Integer(), nullable=False),
        sa.Column("version", BigInt(), nullable=False),
        sa.Column("bits", sa.LargeBinary(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("iat", BigInt(), nullable=False),
        sa.Column("exp", BigInt(), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "list", "version", name=op.f("pk_list_token")),
    )
    op.create_table(
        "origin",
        sa.Column("index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("since", BigInt(), nullable=False),
        sa.PrimaryKeyConstraint("index", name=op.f("pk_origin")),
        sa.UniqueConstraint("origin", name=op.f("uq_origin_origin")),
    )
    op.create_table(
        "public_key",
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("thumbprint", sa.String(), nullable=False),
        sa.Column("jwk", sa.String(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("x5c", sa.String(), nullable=True),
        sa.Column("created", BigInt(), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "thumbprint", name=op.f("pk_public_key")),
    )
    op.create_table(
        "row_counter",
        sa.Column("table", sa.String(), nullable=False),
        sa.Column("next", BigInt(), nullable=False),
        sa.PrimaryKeyConstraint("table", name=op.f("pk_row_counter")),
    )
    op.create_table(
        "setting",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_setting")),
    )
    op.create_table(
        "used_nonce",
        sa.Column("aud", sa.String(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("exp", BigInt(), nullable=False),
        sa.PrimaryKeyConstraint("aud", "nonce", name=op.f("pk_used_nonce")),
    )
    with op.batch_alter_table("used_nonce", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_used_nonce_exp"), ["exp"], unique=False)

    op.create_table(
        "wallet",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("holder", sa.LargeBinary(), nullable=True),
        sa.Column("recovery_hash", sa.LargeBinary(), nullable=True),
        sa.Column("created", BigInt(), nullable=False),
        sa.Column("withdrawn_at", BigInt(), nullable=True),
        sa.Column("withdrawn_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallet")),
        sa.UniqueConstraint("recovery_hash", name=op.f("uq_wallet_recovery_hash")),
    )
    with op.batch_alter_table("wallet", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_wallet_holder"), ["holder"], unique=False)

    op.create_table(
        "access_entry",
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("seq", BigInt(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("data_key", BigInt(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("link", sa.LargeBinary(), nullable=False),
        sa.Column("time", BigInt(), nullable=False),
        sa.ForeignKeyConstraint(["data_key"], ["data_key.id"], name=op.f("fk_access_entry_data_key")),
        sa.PrimaryKeyConstraint("issuer", "seq", name=op.f("pk_access_entry")),
    )
    op.create_table(
        "barred_key",
        sa.Column("thumbprint", sa.String(), nullable=False),
        sa.Column("wallet", sa.String(), nullable=False),
        sa.Column("since", BigInt(), nullable=False),
        sa.ForeignKeyConstraint(["wallet"], ["wallet.id"], name=op.f("fk_barred_key_wallet")),
        sa.PrimaryKeyConstraint("thumbprint", name=op.f("pk_barred_key")),
    )
    op.create_table(
        "chain_block",
        sa.Column("deployment", BigInt(), nullable=False),
        sa.Column("number", BigInt(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("parent", sa.LargeBinary(), nullable=False),
        sa.Column("time", BigInt(), nullable=False),
        sa.ForeignKeyConstraint(["deployment"], ["deployment.id"], name=op.f("fk_chain_block_deployment")),
        sa.PrimaryKeyConstraint("deployment", "number", name=op.f("pk_chain_block")),
    )
    op.create_table(
        "chain_event",
        sa.Column("deployment", BigInt(), nullable=False),
        sa.Column("block_number", BigInt(), nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.Column("block_hash", sa.LargeBinary(), nullable=False),
        sa.Column("transaction_hash", sa.LargeBinary(), nullable=False),
        sa.Column("contract", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("args", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["deployment"], ["deployment.id"], name=op.f("fk_chain_event_deployment")),
        sa.PrimaryKeyConstraint("deployment", "block_number", "log_index", name=op.f("pk_chain_event")),
    )
    with op.batch_alter_table("chain_event", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_chain_event_deployment_name"), ["deployment", "name"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_chain_event_transaction_hash"), ["transaction_hash"], unique=False
        )

    op.create_table(
        "chain_tx",
        sa.Column("id", BigInt(), nullable=False),
        sa.Column("deployment", BigInt(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("nonce", BigInt(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("to", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("gas", BigInt(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created", BigInt(), nullable=False),
        sa.Column("mined_hash", sa.LargeBinary(), nullable=True),
        sa.Column("block_number", BigInt(), nullable=True),
        sa.Column("block_hash", sa.LargeBinary(), nullable=True),
        sa.Column("gas_used", BigInt(), nullable=True),
        sa.CheckConstraint("state IN ('sent', 'mined', 'final', 'failed')", name=op.f("ck_chain_tx_state")),
        sa.ForeignKeyConstraint(["deployment"], ["deployment.id"], name=op.f("fk_chain_tx_deployment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_tx")),
        sa.UniqueConstraint(
            "deployment", "account", "nonce", name=op.f("uq_chain_tx_deployment_account_nonce")
        ),
    )
    with op.batch_alter_table("chain_tx", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_chain_tx_deployment_state"), ["deployment", "state"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_chain_tx_kind_ref"), ["kind", "ref"], unique=False)

    op.create_table(
        "follower",
        sa.Column("deployment", BigInt(), nullable=False),
        sa.Column("head_number", BigInt(), nullable=False),
        sa.Column("head_hash", sa.LargeBinary(), nullable=False),
        sa.Column("reached_at", BigInt(), nullable=False),
        sa.Column("health", sa.String(), nullable=False),
        sa.Column("reason_zh", sa.String(), nullable=False),
        sa.Column("reason_en", sa.String(), nullable=False),
        sa.Column("version", BigInt(), nullable=False),
        sa.ForeignKeyConstraint(["deployment"], ["deployment.id"], name=op.f("fk_follower_deployment")),
        sa.PrimaryKeyConstraint("deployment", name=op.f("pk_follower")),
    )
    op.create_table(
        "query_case",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("asker", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("sealed_question", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_answer", sa.LargeBinary(), nullable=True),
        sa.Column("data_key", BigInt(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("created", BigInt(), nullable=False),
        sa.Column("answered_at", BigInt(), nullable=True),
        sa.ForeignKeyConstraint(["asker"], ["department.code"], name=op.f("fk_query_case_asker")),
        sa.ForeignKeyConstraint(["data_key"], ["data_key.id"], name=op.f("fk_query_case_data_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_query_case")),
    )
    with op.batch_alter_table("query_case", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_query_case_asker"), ["asker"], unique=False)

    op.create_table(
        "verification",
        sa.Column("id", BigInt(), nullable=False),
        sa.Column("at", BigInt(), nullable=False),
        sa.Column("verifier", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("version", BigInt(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verification")),
    )
    with op.batch_alter_table("verification", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_verification_at"), ["at"], unique=False)

    op.create_table(
        "attempt",
        sa.Column("id", BigInt(), nullable=False),
        sa.Column("tx", BigInt(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("max_fee", BigInt(), nullable=False),
        sa.Column("priority_fee", BigInt(), nullable=False),
        sa.Column("sent_block", BigInt(), nullable=False),
        sa.Column("created", BigInt(), nullable=False),
        sa.ForeignKeyConstraint(["tx"], ["chain_tx.id"], name=op.f("fk_attempt_tx")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
        sa.UniqueConstraint("hash", name=op.f("uq_attempt_hash")),
    )
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attempt_tx"), ["tx"], unique=False)

    op.create_table(
        "batch",
        sa.Column("id", BigInt(), nullable=False),
        sa.Column("deployment", BigInt(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("seq", BigInt(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created", BigInt(), nullable=False),
        sa.Column("chain_tx", BigInt(), nullable=True),
        sa.Column("block_number", BigInt(), nullable=True),
        sa.Column("block_hash", sa.LargeBinary(), nullable=True),
        sa.Column("block_time", BigInt(), nullable=True),
        sa.Column("replaces", BigInt(), nullable=True),
        sa.CheckConstraint(
            "state IN ('sent', 'mined', 'final', 'voided', 'dissolved')", name=op.f("ck_batch_state")
        ),
        sa.ForeignKeyConstraint(["chain_tx"], ["chain_tx.id"], name=op.f("fk_batch_chain_tx")),
        sa.ForeignKeyConstraint(["deployment"], ["deployment.id"], name=op.f("fk_batch_deployment")),
        sa.ForeignKeyConstraint(["issuer"], ["department.code"], name=op.f("fk_batch_issuer")),
        sa.ForeignKeyConstraint(["replaces"], ["batch.id"], name=op.f("fk_batch_replaces")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
    )
    with op.batch_alter_table("batch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_batch_issuer_root"), ["issuer", "root"], unique=False)
        batch_op.create_index(batch_op.f("ix_batch_issuer_state"), ["issuer", "state"], unique=False)
        batch_op.create_index(
            "uq_batch_seq",
            ["deployment", "issuer", "seq"],
            unique=True,
            sqlite_where=sa.text("state NOT IN ('voided', 'dissolved')"),
            postgresql_where=sa.text("state NOT IN ('voided', 'dissolved')"),
        )

    op.create_table(
        "certificate",
        sa.Column("id", BigInt(), nullable=False),
        sa.Column("certificate_id", sa.String(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("type_version", sa.Integer(), nullable=False),
        sa.Column("serial", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", BigInt(), nullable=False),
        sa.Column("valid_until", BigInt(), nullable=True),
        sa.Column("status_list", sa.Integer(), nullable=False),
        sa.Column("status_idx", sa.Integer(), nullable=False),
        sa.Column("canonical", sa.LargeBinary(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("disclosures", sa.LargeBinary(), nullable=False),
        sa.Column("data_key", BigInt(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("held_because", sa.String(), nullable=True),
        sa.Column("batch", BigInt(), nullable=True),
        sa.Column("leaf_index", sa.Integer(), nullable=True),
        sa.Column("renews", BigInt(), nullable=True),
        sa.Column("lineage", BigInt(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("issued_at", BigInt(), nullable=False),
        sa.Column("issued_by", sa.String(), nullable=False),
        sa.CheckConstraint("(state = 'batched') = (batch IS NOT NULL)", name=op.f("ck_certificate_batch")),
        sa.CheckConstraint(
            "state IN ('open', 'held', 'batched', 'taken_back')", name=op.f("ck_certificate_state")
        ),
        sa.CheckConstraint("(batch IS NULL) = (leaf_index IS NULL)", name=op.f("ck_certificate_leaf_index")),
        sa.CheckConstraint("status_idx >= 0 AND status_idx < 131072", name=op.f("ck_certificate_status_idx")),
        sa.ForeignKeyConstraint(["batch"], ["batch.id"], name=op.f("fk_certificate_batch")),
        sa.ForeignKeyConstraint(["data_key"], ["data_key.id"], name=op.f("fk_certificate_data_key")),
        sa.ForeignKeyConstraint(["issuer"], ["department.code"], name=op.f("fk_certificate_issuer")),
        sa.ForeignKeyConstraint(["renews"], ["certificate.id"], name=op.f("fk_certificate_renews")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("batch", "leaf_index", name=op.f("uq_certificate_batch_leaf_index")),
        sa.UniqueConstraint("certificate_id", name=op.f("uq_certificate_certificate_id")),
        sa.UniqueConstraint(
            "issuer", "type", "serial", "version", name=op.f("uq_certificate_issuer_type_serial_version")
        ),
        sa.UniqueConstraint(
            "issuer",
            "type",
            "status_list",
            "status_idx",
            name=op.f("uq_certificate_issuer_type_status_list_status_idx"),
        ),
        sa.UniqueConstraint("leaf", name=op.f("uq_certificate_leaf")),
    )
    with op.batch_alter_table("certificate", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certificate_lineage"), ["lineage"], unique=False)
        batch_op.create_index(batch_op.f("ix_certificate_state_issuer"), ["state", "issuer"], unique=False)
        batch_op.create_index(
            "uq_certificate_renews",
            ["renews"],
            unique=True,
            sqlite_where=sa.text("state <> 'taken_back'"),
            postgresql_where=sa.text("state <> 'taken_back'"),
        )

    op.create_table(
        "holder_index",
        sa.Column("certificate", BigInt(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("holder", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate"], ["certificate.id"], name=op.f("fk_holder_index_certificate")
        ),
        sa.PrimaryKeyConstraint("certificate", "role", "holder", name=op.f("pk_holder_index")),
    )
    with op.batch_alter_table("holder_index", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_holder_index_holder"), ["holder"], unique=False)

    op.create_table(
        "idempotency",
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("certificate", BigInt(), nullable=False),
        sa.ForeignKeyConstraint(["certificate"], ["certificate.id"], name=op.f("fk_idempotency_certificate")),
        sa.PrimaryKeyConstraint("issuer", "key", name=op.f("pk_idempotency")),
    )
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_certificate"), ["certificate"], unique=False)

    op.create_table(
        "number_index",
        sa.Column("certificate", BigInt(), nullable=False),
        sa.Column("number", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate"], ["certificate.id"], name=op.f("fk_number_index_certificate")
        ),
        sa.PrimaryKeyConstraint("certificate", name=op.f("pk_number_index")),
    )
    with op.batch_alter_table("number_index", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_number_index_number"), ["number"], unique=False)

    op.create_table(
        "offer",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("pin_hash", sa.LargeBinary(), nullable=True),
        sa.Column("pin_tries", sa.Integer(), nullable=False),
        sa.Column("certificate", BigInt(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("holder", sa.LargeBinary(), nullable=True),
        sa.Column("ground", sa.String(), nullable=False),
        sa.Column("ground_certificate", BigInt(), nullable=True),
        sa.Column("wallet", sa.String(), nullable=True),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("created", BigInt(), nullable=False),
        sa.Column("expires", BigInt(), nullable=False),
        sa.Column("ended_at", BigInt(), nullable=True),
        sa.CheckConstraint("ground IN ('self', 'representative', 'guardian')", name=op.f("ck_offer_ground")),
        sa.ForeignKeyConstraint(["certificate"], ["certificate.id"], name=op.f("fk_offer_certificate")),
        sa.ForeignKeyConstraint(
            ["ground_certificate"], ["certificate.id"], name=op.f("fk_offer_ground_certificate")
        ),
        sa.ForeignKeyConstraint(["wallet"], ["wallet.id"], name=op.f("fk_offer_wallet")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_offer_code_hash")),
    )
    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_offer_certificate"), ["certificate"], unique=False)

    op.create_table(
        "status_event",
        sa.Column("id", BigInt(), nullable=False),
        sa.Column("certificate", BigInt(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("changed", sa.String(), nullable=True),
        sa.Column("effective_from", BigInt(), nullable=False),
        sa.Column("recorded", BigInt(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate"], ["certificate.id"], name=op.f("fk_status_event_certificate")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_event")),
    )
    with op.batch_alter_table("status_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_status_event_certificate"), ["certificate"], unique=False)

    op.create_table(
        "unique_subject",
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("lineage", BigInt(), nullable=False),
        sa.ForeignKeyConstraint(["lineage"], ["certificate.id"], name=op.f("fk_unique_subject_lineage")),
        sa.PrimaryKeyConstraint("type", "subject", name=op.f("pk_unique_subject")),
    )
    with op.batch_alter_table("unique_subject", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_unique_subject_lineage"), ["lineage"], unique=False)

    op.create_table(
        "grant",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("wallet", sa.String(), nullable=False),
        sa.Column("offer", sa.String(), nullable=True),
        sa.Column("certificate", BigInt(), nullable=False),
        sa.Column("lineage", BigInt(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("ground", sa.String(), nullable=False),
        sa.Column("ground_certificate", BigInt(), nullable=True),
        sa.Column("dpop_thumbprint", sa.String(), nullable=False),
        sa.Column("created", BigInt(), nullable=False),
        sa.Column("ended_at", BigInt(), nullable=True),
        sa.CheckConstraint("ground IN ('self', 'representative', 'guardian')", name=op.f("ck_grant_ground")),
        sa.ForeignKeyConstraint(["certificate"], ["certificate.id"], name=op.f("fk_grant_certificate")),
        sa.ForeignKeyConstraint(
            ["ground_certificate"], ["certificate.id"], name=op.f("fk_grant_ground_certificate")
        ),
        sa.ForeignKeyConstraint(["offer"], ["offer.id"], name=op.f("fk_grant_offer")),
        sa.ForeignKeyConstraint(["wallet"], ["wallet.id"], name=op.f("fk_grant_wallet")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grant")),
    )
    with op.batch_alter_table("grant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_grant_certificate"), ["certificate"], unique=False)
        batch_op.create_index(batch_op.f("ix_grant_dpop_thumbprint"), ["dpop_thumbprint"], unique=False)
        batch_op.create_index(batch_op.f("ix_grant_ground_certificate"), ["ground_certificate"], unique=False)
        batch_op.create_index(batch_op.f("ix_grant_lineage"), ["lineage"], unique=False)
        batch_op.create_index(batch_op.f("ix_grant_wallet"), ["wallet"], unique=False)

    op.create_table(
        "status_intent",
        sa.Column("id", BigInt(), nullable=False),
        sa.Column("event", BigInt(), nullable=True),
        sa.Column("certificate", BigInt(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("list", sa.Integer(), nullable=False),
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("after", BigInt(), nullable=True),
        sa.Column("chain_tx", BigInt(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.CheckConstraint(
            "state IN ('pending', 'sent', 'mined', 'final', 'dropped', 'foreign')",
            name=op.f("ck_status_intent_state"),
        ),
        sa.ForeignKeyConstraint(["after"], ["certificate.id"], name=op.f("fk_status_intent_after")),
        sa.ForeignKeyConstraint(
            ["certificate"], ["certificate.id"], name=op.f("fk_status_intent_certificate")
        ),
        sa.ForeignKeyConstraint(["chain_tx"], ["chain_tx.id"], name=op.f("fk_status_intent_chain_tx")),
        sa.ForeignKeyConstraint(["event"], ["status_event.id"], name=op.f("fk_status_intent_event")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_intent")),
    )
    with op.batch_alter_table("status_intent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_status_intent_certificate"), ["certificate"], unique=False)
        batch_op.create_index(batch_op.f("ix_status_intent_chain_tx"), ["chain_tx"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_status_intent_issuer_type_list_idx_id"),
            ["issuer", "type", "list", "idx", "id"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_status_intent_state_issuer"), ["state", "issuer"], unique=False)

    op.create_table(
        "access_token",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("grant", sa.String(), nullable=True),
        sa.Column("department", sa.String(), nullable=True),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("dpop_thumbprint", sa.String(), nullable=True),
        sa.Column("expires", BigInt(), nullable=False),
        sa.Column("ended_at", BigInt(), nullable=True),
        sa.ForeignKeyConstraint(["department"], ["department.code"], name=op.f("fk_access_token_department")),
        sa.ForeignKeyConstraint(["grant"], ["grant.id"], name=op.f("fk_access_token_grant")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_access_token")),
    )
    with op.batch_alter_table("access_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_token_expires"), ["expires"], unique=False)
        batch_op.create_index(batch_op.f("ix_access_token_grant"), ["grant"], unique=False)

    op.create_table(
        "credential",
        sa.Column("id", BigInt(), nullable=False),
        sa.Column("certificate", BigInt(), nullable=False),
        sa.Column("wallet", sa.String(), nullable=True),
        sa.Column("grant", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("cnf", sa.String(), nullable=True),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("list", sa.Integer(), nullable=True),
        sa.Column("idx", sa.Integer(), nullable=True),
        sa.Column("iat", BigInt(), nullable=False),
        sa.Column("exp", BigInt(), nullable=False),
        sa.Column("ground", sa.String(), nullable=False),
        sa.Column("ground_certificate", BigInt(), nullable=True),
        sa.Column("withdrawn_at", BigInt(), nullable=True),
        sa.CheckConstraint(
            "ground IN ('self', 'representative', 'guardian')", name=op.f("ck_credential_ground")
        ),
        sa.CheckConstraint("kind IN ('wallet', 'answer', 'copy')", name=op.f("ck_credential_kind")),
        sa.ForeignKeyConstraint(["certificate"], ["certificate.id"], name=op.f("fk_credential_certificate")),
        sa.ForeignKeyConstraint(["grant"], ["grant.id"], name=op.f("fk_credential_grant")),
        sa.ForeignKeyConstraint(
            ["ground_certificate"], ["certificate.id"], name=op.f("fk_credential_ground_certificate")
        ),
        sa.ForeignKeyConstraint(["wallet"], ["wallet.id"], name=op.f("fk_credential_wallet")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential")),
        sa.UniqueConstraint("issuer", "list", "idx", name=op.f("uq_credential_issuer_list_idx")),
    )
    with op.batch_alter_table("credential", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_credential_certificate"), ["certificate"], unique=False)
        batch_op.create_index(batch_op.f("ix_credential_cnf"), ["cnf"], unique=False)
        batch_op.create_index(batch_op.f("ix_credential_exp"), ["exp"], unique=False)
        batch_op.create_index(batch_op.f("ix_credential_grant"), ["grant"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_credential_ground_certificate"), ["ground_certificate"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_credential_issuer_list"), ["issuer", "list"], unique=False)
        batch_op.create_index(batch_op.f("ix_credential_wallet"), ["wallet"], unique=False)

    op.create_table(
        "deferred",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("grant", sa.String(), nullable=False),
        sa.Column("cnf", sa.String(), nullable=False),
        sa.Column("created", BigInt(), nullable=False),
        sa.Column("expires", BigInt(), nullable=False),
        sa.Column("ended_at", BigInt(), nullable=True),
        sa.ForeignKeyConstraint(["grant"], ["grant.id"], name=op.f("fk_deferred_grant")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_deferred")),
    )
    with op.batch_alter_table("deferred", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deferred_grant"), ["grant"], unique=False)

    op.create_table(
        "refresh",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("grant", sa.String(), nullable=False),
        sa.Column("dpop_thumbprint", sa.String(), nullable=False),
        sa.Column("expires", BigInt(), nullable=False),
        sa.Column("used_at", BigInt(), nullable=True),
        sa.Column("ended_at", BigInt(), nullable=True),
        sa.ForeignKeyConstraint(["grant"], ["grant.id"], name=op.f("fk_refresh_grant")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_refresh")),
    )
    with op.batch_alter_table("refresh", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_refresh_grant"), ["grant"], unique=False)
