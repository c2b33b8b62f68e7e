"""account status as an enum

Revision ID: a003
Revises: a002
Create Date: 2025-03-03 09:00:00.000000

"""
import sqlalchemy as sa
from alembic import op

revision = "a003"
down_revision = 'a002'
branch_labels = None
depends_on = None


STATUS = sa.Enum("new", "active", "it's over", name="account_status")


def upgrade():
    STATUS.create(op.get_bind())
    op.add_column("account", sa.Column("status", STATUS, server_default="new", nullable=False))


def downgrade():
    op.drop_column("account", "status")
    STATUS.drop(op.get_bind())
