"""billing: invoices

Revision ID: b001
Revises: a003
Create Date: 2025-03-05 09:00:00.000000

"""
import sqlalchemy as sa
from alembic import op

revision = "b001"
down_revision = 'a003'
branch_labels = ('billing',)
depends_on = None


def upgrade():
    op.create_table(
        "invoice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("account_id", sa.Integer(), sa.ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
        sa.Column("amount", sa.Numeric(12, 2), nullable=False),
        sa.CheckConstraint("amount >= 0", name="ck_invoice_amount"),
    )


def downgrade():
    op.drop_table("invoice")
