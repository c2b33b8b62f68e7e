"""billing: index without a lock

Revision ID: b002
Revises: b001
Create Date: 2025-03-06 09:00:00.000000

"""
import sqlalchemy as sa
from alembic import op

revision = "b002"
down_revision = 'b001'
branch_labels = None
depends_on = None


def upgrade():
    with op.get_context().autocommit_block():
        op.create_index("ix_invoice_account", "invoice", ["account_id"], postgresql_concurrently=True)


def downgrade():
    with op.get_context().autocommit_block():
        op.drop_index("ix_invoice_account", table_name="invoice", postgresql_concurrently=True)
