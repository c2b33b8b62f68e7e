BEGIN;

CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

-- Running upgrade  -> 1f0c2a9b77de

CREATE TABLE users (
    "id" UUID PRIMARY KEY,
    "identifier" TEXT NOT NULL UNIQUE,
    "metadata" JSONB NOT NULL,
    "createdAt" TEXT
);

CREATE TABLE threads (
    "id" UUID PRIMARY KEY,
    "createdAt" TEXT,
    "name" TEXT,
    "userId" UUID,
    "userIdentifier" TEXT,
    "tags" TEXT[],
    "metadata" JSONB,
    FOREIGN KEY ("userId") REFERENCES users ("id") ON DELETE CASCADE
);

CREATE TABLE steps (
    "id" UUID PRIMARY KEY,
    "name" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "threadId" UUID NOT NULL,
    "parentId" UUID,
    "disableFeedback" BOOLEAN NOT NULL,
    "streaming" BOOLEAN NOT NULL,
    "waitForAnswer" BOOLEAN,
    "isError" BOOLEAN,
    "metadata" JSONB,
    "tags" TEXT[],
    "input" TEXT,
    "output" TEXT,
    "createdAt" TEXT,
    "start" TEXT,
    "end" TEXT,
    "generation" JSONB,
    "showInput" TEXT,
    "language" TEXT,
    "indent" INT
);

CREATE TABLE elements (
    "id" UUID PRIMARY KEY,
    "threadId" UUID,
    "type" TEXT,
    "url" TEXT,
    "chainlitKey" TEXT,
    "name" TEXT NOT NULL,
    "display" TEXT,
    "objectKey" TEXT,
    "size" TEXT,
    "page" INT,
    "language" TEXT,
    "forId" UUID,
    "mime" TEXT
);

CREATE TABLE feedbacks (
    "id" UUID PRIMARY KEY,
    "forId" UUID NOT NULL,
    "value" INT NOT NULL,
    "comment" TEXT
);

INSERT INTO alembic_version (version_num) VALUES ('1f0c2a9b77de');

-- Running upgrade 1f0c2a9b77de -> 2b7e41c05a93

ALTER TABLE elements
    ADD COLUMN "autoPlay" BOOLEAN,
    ADD COLUMN "playerConfig" JSONB;

UPDATE alembic_version SET version_num='2b7e41c05a93' WHERE alembic_version.version_num = '1f0c2a9b77de';

-- Running upgrade 2b7e41c05a93 -> 3d94f8126cb0

ALTER TABLE feedbacks ADD COLUMN "threadId" UUID;

UPDATE feedbacks f
SET "threadId" = s."threadId"
FROM steps s
WHERE s."id" = f."forId" AND f."threadId" IS NULL;

DELETE FROM feedbacks WHERE "threadId" IS NULL;

ALTER TABLE feedbacks ALTER COLUMN "threadId" SET NOT NULL;

UPDATE alembic_version SET version_num='3d94f8126cb0' WHERE alembic_version.version_num = '2b7e41c05a93';

-- Running upgrade 3d94f8126cb0 -> 4a6053e7d18f

ALTER TABLE steps DROP COLUMN "disableFeedback";

UPDATE alembic_version SET version_num='4a6053e7d18f' WHERE alembic_version.version_num = '3d94f8126cb0';

-- Running upgrade 4a6053e7d18f -> 5c18b2f96e04

DELETE FROM elements e
WHERE e."threadId" IS NOT NULL
  AND NOT EXISTS (SELECT FROM threads t WHERE t."id" = e."threadId");

DELETE FROM feedbacks f
WHERE NOT EXISTS (SELECT FROM threads t WHERE t."id" = f."threadId");

DELETE FROM steps s
WHERE NOT EXISTS (SELECT FROM threads t WHERE t."id" = s."threadId");

ALTER TABLE steps
    ADD CONSTRAINT "steps_threadId_fkey"
    FOREIGN KEY ("threadId") REFERENCES threads ("id") ON DELETE CASCADE;

ALTER TABLE elements
    ADD CONSTRAINT "elements_threadId_fkey"
    FOREIGN KEY ("threadId") REFERENCES threads ("id") ON DELETE CASCADE;

ALTER TABLE feedbacks
    ADD CONSTRAINT "feedbacks_threadId_fkey"
    FOREIGN KEY ("threadId") REFERENCES threads ("id") ON DELETE CASCADE;

UPDATE alembic_version SET version_num='5c18b2f96e04' WHERE alembic_version.version_num = '4a6053e7d18f';

-- Running upgrade 5c18b2f96e04 -> 6e2f7d403b5a

ALTER TABLE elements ADD COLUMN "props" JSONB;

UPDATE alembic_version SET version_num='6e2f7d403b5a' WHERE alembic_version.version_num = '5c18b2f96e04';

-- Running upgrade 6e2f7d403b5a -> 70b9e5a1c6d2

ALTER TABLE steps ADD COLUMN "command" TEXT;

UPDATE alembic_version SET version_num='70b9e5a1c6d2' WHERE alembic_version.version_num = '6e2f7d403b5a';

-- Running upgrade 70b9e5a1c6d2 -> 83d51c7f0ae9

ALTER TABLE steps ADD COLUMN "defaultOpen" BOOLEAN;

UPDATE alembic_version SET version_num='83d51c7f0ae9' WHERE alembic_version.version_num = '70b9e5a1c6d2';

-- Running upgrade 83d51c7f0ae9 -> 9640f3b8e271

COMMIT;

CREATE INDEX CONCURRENTLY "ix_steps_threadId" ON steps ("threadId");

CREATE INDEX CONCURRENTLY "ix_elements_threadId" ON elements ("threadId");

CREATE INDEX CONCURRENTLY "ix_feedbacks_forId" ON feedbacks ("forId");

CREATE INDEX CONCURRENTLY "ix_threads_userId" ON threads ("userId");

BEGIN;

UPDATE alembic_version SET version_num='9640f3b8e271' WHERE alembic_version.version_num = '83d51c7f0ae9';

COMMIT;

BEGIN;

-- Running upgrade 9640f3b8e271 -> a85c6b19d4f7

ALTER TABLE steps ADD COLUMN "modes" JSONB;

UPDATE alembic_version SET version_num='a85c6b19d4f7' WHERE alembic_version.version_num = '9640f3b8e271';

-- Running upgrade a85c6b19d4f7 -> b7d2094e8f3c

ALTER TABLE steps ADD COLUMN "autoCollapse" BOOLEAN;

UPDATE alembic_version SET version_num='b7d2094e8f3c' WHERE alembic_version.version_num = 'a85c6b19d4f7';

-- Running upgrade b7d2094e8f3c -> c91e8a6053bd

UPDATE threads SET "metadata" = '{}' WHERE "metadata" IS NULL;

ALTER TABLE threads ALTER COLUMN "metadata" SET DEFAULT '{}';

ALTER TABLE threads ALTER COLUMN "metadata" SET NOT NULL;

UPDATE alembic_version SET version_num='c91e8a6053bd' WHERE alembic_version.version_num = 'b7d2094e8f3c';

COMMIT;
