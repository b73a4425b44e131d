"""Documents say for which case they were taken in; those of before do not."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.add_column(sa.Column("case", sa.String(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_document_case"), "case_file", ["case"], ["id"])
