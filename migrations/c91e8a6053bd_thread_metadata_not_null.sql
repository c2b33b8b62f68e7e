-- thread metadata not null
--
-- Revision ID: c91e8a6053bd
-- Revises: b7d2094e8f3c
-- Create Date: 2026-04-07 15:25:00+00:00

-- migrate:up
UPDATE threads SET "metadata" = '{}' WHERE "metadata" IS NULL;
ALTER TABLE threads ALTER COLUMN "metadata" SET DEFAULT '{}';
ALTER TABLE threads ALTER COLUMN "metadata" SET NOT NULL;

-- migrate:down
ALTER TABLE threads ALTER COLUMN "metadata" DROP NOT NULL;
ALTER TABLE threads ALTER COLUMN "metadata" DROP DEFAULT;
