-- drop disableFeedback
--
-- Revision ID: 4a6053e7d18f
-- Revises: 3d94f8126cb0
-- Create Date: 2024-07-29 14:00:00+00:00

-- migrate:up
ALTER TABLE steps DROP COLUMN "disableFeedback";

-- migrate:down
ALTER TABLE steps ADD COLUMN "disableFeedback" BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE steps ALTER COLUMN "disableFeedback" DROP DEFAULT;
