-- link feedback to its thread
--
-- Revision ID: 3d94f8126cb0
-- Revises: 2b7e41c05a93
-- Create Date: 2024-05-28 08:15:00+00:00

-- migrate:up
ALTER TABLE feedbacks ADD COLUMN "threadId" UUID;

UPDATE feedbacks f
SET "threadId" = s."threadId"
FROM steps s
WHERE s."id" = f."forId" AND f."threadId" IS NULL;

-- Feedback on a step that no longer exists belongs to no thread.
DELETE FROM feedbacks WHERE "threadId" IS NULL;

ALTER TABLE feedbacks ALTER COLUMN "threadId" SET NOT NULL;

-- migrate:down
ALTER TABLE feedbacks DROP COLUMN "threadId";
