"""countries and odd texts

Revision ID: a004
Revises: a003
Create Date: 2025-03-04 09:00:00.000000

"""
import sqlalchemy as sa
from alembic import op

revision = "a004"
down_revision = 'a003'
branch_labels = None
depends_on = None


def upgrade():
    country = op.create_table(
        "country",
        sa.Column("code", sa.String(2), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("share", sa.Numeric(5, 2)),
    )
    op.bulk_insert(country, [
        {"code": "DE", "name": "Germany; 'D'", "share": 10.5},
        {"code": "CI", "name": "Côte d'Ivoire", "share": None},
        {"code": "XX", "name": "100 % \\ back-slash", "share": 0},
    ])
    op.execute("INSERT INTO country VALUES ('YY', 'a -- no comment; $$ ', 1);")
    op.execute("INSERT INTO country VALUES ('ZZ', 'tab\there', 2) -- a comment at the end")
    op.execute(r"INSERT INTO country VALUES ('QQ', 'time 12\:30 and x::y', 2.5::numeric)")
    op.execute("""
        CREATE FUNCTION country_name(wanted text) RETURNS text LANGUAGE plpgsql AS $body$
        DECLARE
            found text;  -- the answer; or null
        BEGIN
            SELECT name INTO found FROM country WHERE code = wanted AND name LIKE '%' ;
            RETURN found;
        END
        $body$;
    """)
    op.execute("UPDATE country SET share = 3 WHERE name LIKE '%Germany%'; UPDATE country SET share = share + 1")


def downgrade():
    op.execute("DROP FUNCTION country_name(text)")
    op.drop_table("country")
