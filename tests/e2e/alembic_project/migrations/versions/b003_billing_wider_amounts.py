"""billing: wider amounts

Revision ID: b003
Revises: b002
Create Date: 2025-03-07 09:00:00.000000

"""
import sqlalchemy as sa
from alembic import op

revision = "b003"
down_revision = 'b002'
branch_labels = None
depends_on = None


def upgrade():
    op.alter_column("invoice", "amount", type_=sa.Numeric(14, 2), existing_nullable=False)
    op.create_unique_constraint("uq_invoice", "invoice", ["account_id", "amount"])


def downgrade():
    op.drop_constraint("uq_invoice", "invoice")
    op.alter_column("invoice", "amount", type_=sa.Numeric(12, 2), existing_nullable=False)
