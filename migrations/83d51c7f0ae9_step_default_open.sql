-- step default open
--
-- Revision ID: 83d51c7f0ae9
-- Revises: 70b9e5a1c6d2
-- Create Date: 2025-02-14 12:00:00+00:00

-- migrate:up
ALTER TABLE steps ADD COLUMN "defaultOpen" BOOLEAN;

-- migrate:down
ALTER TABLE steps DROP COLUMN "defaultOpen";
