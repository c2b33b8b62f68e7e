"""merge billing

Revision ID: m001
Revises: a004, b003
Create Date: 2025-03-08 09:00:00.000000

"""
import sqlalchemy as sa
from alembic import op

revision = "m001"
down_revision = ('a004', 'b003')
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
