"""reporting: totals

Revision ID: n002
Revises: n001
Create Date: 2025-03-10 09:00:00.000000

"""
import sqlalchemy as sa
from alembic import op

revision = "n002"
down_revision = 'n001'
branch_labels = None
depends_on = 'billing'


def upgrade():
    op.execute("CREATE MATERIALIZED VIEW invoice_total AS SELECT account_id, sum(id) AS ids FROM invoice GROUP BY 1")


def downgrade():
    op.execute("DROP MATERIALIZED VIEW invoice_total")
