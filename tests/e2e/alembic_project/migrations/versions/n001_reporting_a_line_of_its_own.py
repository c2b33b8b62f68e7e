"""reporting, a line of its own

Revision ID: n001
Revises: 
Create Date: 2025-03-09 09:00:00.000000

"""
import sqlalchemy as sa
from alembic import op

revision = "n001"
down_revision = None
branch_labels = ('reporting',)
depends_on = 'a002'


def upgrade():
    op.execute("CREATE VIEW account_email AS SELECT id, email FROM account")


def downgrade():
    op.execute("DROP VIEW account_email")
