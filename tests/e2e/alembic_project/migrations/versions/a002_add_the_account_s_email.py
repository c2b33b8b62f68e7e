"""add the account's email
unique where it is given

Revision ID: a002
Revises: a001
Create Date: 2025-03-02 09:00:00.000000

"""
import sqlalchemy as sa
from alembic import op

revision = "a002"
down_revision = 'a001'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("account", sa.Column("email", sa.Text(), nullable=True))
    op.create_index("ix_account_email", "account", ["email"], unique=True)


def downgrade():
    op.drop_index("ix_account_email", table_name="account")
    op.drop_column("account", "email")
