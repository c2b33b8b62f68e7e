"""rename country

Revision ID: a007
Revises: a006
Create Date: 2025-03-13 09:00:00.000000

"""
import sqlalchemy as sa
from alembic import op

revision = "a007"
down_revision = 'a006'
branch_labels = None
depends_on = None


def upgrade():
    op.rename_table("country", "Nation Name")


def downgrade():
    op.rename_table("Nation Name", "country")
