"""comments

Revision ID: a005
Revises: m001
Create Date: 2025-03-11 09:00:00.000000

"""
import sqlalchemy as sa
from alembic import op

revision = "a005"
down_revision = 'm001'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table_comment("account", "People who pay: 100%")
    op.alter_column("account", "name", comment="as on the invoice", existing_type=sa.String(80),
                    existing_nullable=False)


def downgrade():
    op.alter_column("account", "name", comment=None, existing_comment="as on the invoice",
                    existing_type=sa.String(80), existing_nullable=False)
    op.drop_table_comment("account", existing_comment="People who pay: 100%")
