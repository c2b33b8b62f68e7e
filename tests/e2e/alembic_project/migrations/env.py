"""The environment as `alembic init` writes it; the URL can be given by the environment, and it prints."""
import os
from logging.config import fileConfig

from alembic import context
from sqlalchemy import engine_from_config, pool

config = context.config
fileConfig(config.config_file_name)
if "ALEMBIC_URL" in os.environ:
    config.set_main_option("sqlalchemy.url", os.environ["ALEMBIC_URL"])
if "ALEMBIC_RUNS" in os.environ:  # counts the runs of this file
    with open(os.environ["ALEMBIC_RUNS"], "a", encoding="utf-8") as runs:
        runs.write("run\n")
print("env.py speaks on standard output")


def run_migrations_offline():
    context.configure(url=config.get_main_option("sqlalchemy.url"), literal_binds=True,
                      dialect_opts={"paramstyle": "named"})
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online():
    engine = engine_from_config(config.get_section(config.config_ini_section), prefix="sqlalchemy.",
                                poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
