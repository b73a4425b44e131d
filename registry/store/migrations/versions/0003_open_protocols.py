"""Authorisations, logins, presentation requests, wallet providers."""

import sqlalchemy as sa
from alembic import op

from registry.store.tables.base import BigInt

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "presentation_request",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("asker", sa.String(), nullable=False),
        sa.Column("clerk", sa.String(), nullable=False),
        sa.Column("matter", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", sa.LargeBinary(), nullable=True),
        sa.Column("code_hash", sa.LargeBinary(), nullable=True),
        sa.Column("created", BigInt(), nullable=False),
        sa.Column("fetched_at", BigInt(), nullable=True),
        sa.Column("answered_at", BigInt(), nullable=True),
        sa.Column("expires", BigInt(), nullable=False),
        sa.CheckConstraint(
            "purpose IN ('department', 'login')", name=op.f("ck_presentation_request_purpose")
        ),
        sa.CheckConstraint(
            "state IN ('open', 'answered', 'refused')", name=op.f("ck_presentation_request_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presentation_request")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_presentation_request_code_hash")),
    )
    with op.batch_alter_table("presentation_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_presentation_request_asker"), ["asker"], unique=False)
        batch_op.create_index(batch_op.f("ix_presentation_request_expires"), ["expires"], unique=False)

    op.create_table(
        "wallet_provider",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("certificate", sa.String(), nullable=False),
        sa.Column("since", BigInt(), nullable=False),
        sa.Column("ended_at", BigInt(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallet_provider")),
    )
    op.create_table(
        "authorisation",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("wallet", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("holder", sa.LargeBinary(), nullable=True),
        sa.Column("identity_credential", BigInt(), nullable=True),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("client", sa.String(), nullable=False),
        sa.Column("attested", sa.String(), nullable=False),
        sa.Column("dpop_thumbprint", sa.String(), nullable=False),
        sa.Column("created", BigInt(), nullable=False),
        sa.Column("ended_at", BigInt(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('pre_authorised', 'code', 'challenge')", name=op.f("ck_authorisation_kind")
        ),
        sa.ForeignKeyConstraint(["wallet"], ["wallet.id"], name=op.f("fk_authorisation_wallet")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorisation")),
    )
    with op.batch_alter_table("authorisation", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_authorisation_dpop_thumbprint"), ["dpop_thumbprint"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_authorisation_identity_credential"), ["identity_credential"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_authorisation_wallet"), ["wallet"], unique=False)

    op.create_table(
        "login",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("client", sa.String(), nullable=False),
        sa.Column("redirect_uri", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("code_challenge", sa.String(), nullable=False),
        sa.Column("dpop_thumbprint", sa.String(), nullable=True),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("details", sa.String(), nullable=False),
        sa.Column("attested", sa.String(), nullable=False),
        sa.Column("offer", sa.String(), nullable=True),
        sa.Column("browser_hash", sa.LargeBinary(), nullable=True),
        sa.Column("request", sa.String(), nullable=True),
        sa.Column("request_here", sa.String(), nullable=True),
        sa.Column("holder", sa.LargeBinary(), nullable=True),
        sa.Column("wallet", sa.String(), nullable=True),
        sa.Column("identity_credential", BigInt(), nullable=True),
        sa.Column("chosen", sa.String(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=True),
        sa.Column("authorisation", sa.String(), nullable=True),
        sa.Column("created", BigInt(), nullable=False),
        sa.Column("expires", BigInt(), nullable=False),
        sa.Column("ended_at", BigInt(), nullable=True),
        sa.ForeignKeyConstraint(["authorisation"], ["authorisation.id"], name=op.f("fk_login_authorisation")),
        sa.ForeignKeyConstraint(
            ["identity_credential"], ["credential.id"], name=op.f("fk_login_identity_credential")
        ),
        sa.ForeignKeyConstraint(["offer"], ["offer.id"], name=op.f("fk_login_offer")),
        sa.ForeignKeyConstraint(["request"], ["presentation_request.id"], name=op.f("fk_login_request")),
        sa.ForeignKeyConstraint(
            ["request_here"], ["presentation_request.id"], name=op.f("fk_login_request_here")
        ),
        sa.ForeignKeyConstraint(["wallet"], ["wallet.id"], name=op.f("fk_login_wallet")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_login_code_hash")),
    )
    with op.batch_alter_table("login", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_login_expires"), ["expires"], unique=False)
        batch_op.create_index(batch_op.f("ix_login_request"), ["request"], unique=False)
        batch_op.create_index(batch_op.f("ix_login_request_here"), ["request_here"], unique=False)

    op.create_table(
        "enterprise_agent",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("licence", BigInt(), nullable=False),
        sa.Column("appointed_by", sa.LargeBinary(), nullable=False),
        sa.Column("agent", sa.LargeBinary(), nullable=False),
        sa.Column("created", BigInt(), nullable=False),
        sa.Column("expires", BigInt(), nullable=False),
        sa.Column("ended_at", BigInt(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise_agent")),
    )
    with op.batch_alter_table("enterprise_agent", schema=None) as batch_op:
        for column in ("agent", "expires", "licence"):
            batch_op.create_index(batch_op.f(f"ix_enterprise_agent_{column}"), [column], unique=False)

    with op.batch_alter_table("grant", schema=None) as batch_op:
        batch_op.add_column(sa.Column("authorisation", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("holder", sa.LargeBinary(), nullable=True))
    for name in ("access_token", "refresh"):
        with op.batch_alter_table(name, schema=None) as batch_op:
            batch_op.add_column(sa.Column("authorisation", sa.String(), nullable=True))
    _carry_over()

    with op.batch_alter_table("grant", schema=None) as batch_op:
        batch_op.alter_column("authorisation", existing_type=sa.String(), nullable=False)
        batch_op.create_index(batch_op.f("ix_grant_authorisation"), ["authorisation"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_grant_authorisation"), "authorisation", ["authorisation"], ["id"]
        )
    for name, optional in (("access_token", True), ("refresh", False)):
        with op.batch_alter_table(name, schema=None) as batch_op:
            batch_op.alter_column("authorisation", existing_type=sa.String(), nullable=optional)
            batch_op.create_index(batch_op.f(f"ix_{name}_authorisation"), ["authorisation"], unique=False)
            batch_op.create_foreign_key(
                batch_op.f(f"fk_{name}_authorisation"), "authorisation", ["authorisation"], ["id"]
            )
            batch_op.drop_index(f"ix_{name}_grant")
            batch_op.drop_constraint(f"fk_{name}_grant", type_="foreignkey")
            batch_op.drop_column("grant")

    with op.batch_alter_table("credential", schema=None) as batch_op:
        batch_op.add_column(sa.Column("assurance", sa.String(), nullable=False, server_default=""))

    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("seen", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("state_hash", sa.LargeBinary(), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_offer_state_hash"), ["state_hash"])


def _carry_over() -> None:
    """Each grant there was becomes the one grant of an authorisation, and keeps its tokens."""
    op.execute(
        'UPDATE "grant" SET authorisation = id, '
        'holder = (SELECT offer.holder FROM offer WHERE offer.id = "grant".offer)'
    )
    op.execute(
        "INSERT INTO authorisation (id, wallet, kind, holder, scope, client, attested, dpop_thumbprint, "
        "created, ended_at) SELECT id, wallet, 'pre_authorised', holder, '', '', '', dpop_thumbprint, "
        'created, ended_at FROM "grant"'
    )
    op.execute(
        "UPDATE offer SET ground_certificate = certificate "
        "WHERE ground <> 'self' AND ground_certificate IS NULL"
    )
    op.execute(
        'UPDATE "grant" SET ground_certificate = certificate '
        "WHERE ground <> 'self' AND ground_certificate IS NULL"
    )
    op.execute('UPDATE access_token SET authorisation = "grant"')
    op.execute('UPDATE refresh SET authorisation = "grant"')
