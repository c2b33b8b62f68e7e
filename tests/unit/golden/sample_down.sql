BEGIN;

-- Running downgrade c91e8a6053bd -> b7d2094e8f3c

ALTER TABLE threads ALTER COLUMN "metadata" DROP NOT NULL;

ALTER TABLE threads ALTER COLUMN "metadata" DROP DEFAULT;

UPDATE alembic_version SET version_num='b7d2094e8f3c' WHERE alembic_version.version_num = 'c91e8a6053bd';

-- Running downgrade b7d2094e8f3c -> a85c6b19d4f7

ALTER TABLE steps DROP COLUMN "autoCollapse";

UPDATE alembic_version SET version_num='a85c6b19d4f7' WHERE alembic_version.version_num = 'b7d2094e8f3c';

-- Running downgrade a85c6b19d4f7 -> 9640f3b8e271

ALTER TABLE steps DROP COLUMN "modes";

UPDATE alembic_version SET version_num='9640f3b8e271' WHERE alembic_version.version_num = 'a85c6b19d4f7';

-- Running downgrade 9640f3b8e271 -> 83d51c7f0ae9

COMMIT;

DROP INDEX CONCURRENTLY "ix_threads_userId";

DROP INDEX CONCURRENTLY "ix_feedbacks_forId";

DROP INDEX CONCURRENTLY "ix_elements_threadId";

DROP INDEX CONCURRENTLY "ix_steps_threadId";

BEGIN;

UPDATE alembic_version SET version_num='83d51c7f0ae9' WHERE alembic_version.version_num = '9640f3b8e271';

COMMIT;

BEGIN;

-- Running downgrade 83d51c7f0ae9 -> 70b9e5a1c6d2

ALTER TABLE steps DROP COLUMN "defaultOpen";

UPDATE alembic_version SET version_num='70b9e5a1c6d2' WHERE alembic_version.version_num = '83d51c7f0ae9';

-- Running downgrade 70b9e5a1c6d2 -> 6e2f7d403b5a

ALTER TABLE steps DROP COLUMN "command";

UPDATE alembic_version SET version_num='6e2f7d403b5a' WHERE alembic_version.version_num = '70b9e5a1c6d2';

-- Running downgrade 6e2f7d403b5a -> 5c18b2f96e04

ALTER TABLE elements DROP COLUMN "props";

UPDATE alembic_version SET version_num='5c18b2f96e04' WHERE alembic_version.version_num = '6e2f7d403b5a';

-- Running downgrade 5c18b2f96e04 -> 4a6053e7d18f

ALTER TABLE feedbacks DROP CONSTRAINT "feedbacks_threadId_fkey";

ALTER TABLE elements DROP CONSTRAINT "elements_threadId_fkey";

ALTER TABLE steps DROP CONSTRAINT "steps_threadId_fkey";

UPDATE alembic_version SET version_num='4a6053e7d18f' WHERE alembic_version.version_num = '5c18b2f96e04';

-- Running downgrade 4a6053e7d18f -> 3d94f8126cb0

ALTER TABLE steps ADD COLUMN "disableFeedback" BOOLEAN NOT NULL DEFAULT false;

ALTER TABLE steps ALTER COLUMN "disableFeedback" DROP DEFAULT;

UPDATE alembic_version SET version_num='3d94f8126cb0' WHERE alembic_version.version_num = '4a6053e7d18f';

-- Running downgrade 3d94f8126cb0 -> 2b7e41c05a93

ALTER TABLE feedbacks DROP COLUMN "threadId";

UPDATE alembic_version SET version_num='2b7e41c05a93' WHERE alembic_version.version_num = '3d94f8126cb0';

-- Running downgrade 2b7e41c05a93 -> 1f0c2a9b77de

ALTER TABLE elements
    DROP COLUMN "playerConfig",
    DROP COLUMN "autoPlay";

UPDATE alembic_version SET version_num='1f0c2a9b77de' WHERE alembic_version.version_num = '2b7e41c05a93';

-- Running downgrade 1f0c2a9b77de ->

DROP TABLE feedbacks;

DROP TABLE elements;

DROP TABLE steps;

DROP TABLE threads;

DROP TABLE users;

DELETE FROM alembic_version WHERE alembic_version.version_num = '1f0c2a9b77de';

COMMIT;
