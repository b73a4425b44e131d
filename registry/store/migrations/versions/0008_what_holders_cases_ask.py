"""What cases ask for their holders is counted for those."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("asked_query", schema=None) as batch_op:
        batch_op.add_column(sa.Column("holder", sa.LargeBinary(), nullable=True))
