"""soft deletes

Revision ID: a006
Revises: a005
Create Date: 2025-03-12 09:00:00.000000

"""
import sqlalchemy as sa
from alembic import op

revision = "a006"
down_revision = 'a005'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("account", sa.Column("deleted", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute(sa.text("UPDATE account SET deleted = :value").bindparams(value=False))


def downgrade():
    op.drop_column("account", "deleted")
