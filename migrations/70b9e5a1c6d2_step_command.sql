-- step command
--
-- Revision ID: 70b9e5a1c6d2
-- Revises: 6e2f7d403b5a
-- Create Date: 2025-01-21 16:05:00+00:00

-- migrate:up
ALTER TABLE steps ADD COLUMN "command" TEXT;

-- migrate:down
ALTER TABLE steps DROP COLUMN "command";
