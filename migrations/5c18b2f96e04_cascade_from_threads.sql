-- cascade from threads
--
-- Revision ID: 5c18b2f96e04
-- Revises: 4a6053e7d18f
-- Create Date: 2024-10-09 11:45:00+00:00

-- migrate:up
-- Rows whose thread is gone would violate the new foreign keys.
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

-- migrate:down
ALTER TABLE feedbacks DROP CONSTRAINT "feedbacks_threadId_fkey";
ALTER TABLE elements DROP CONSTRAINT "elements_threadId_fkey";
ALTER TABLE steps DROP CONSTRAINT "steps_threadId_fkey";
