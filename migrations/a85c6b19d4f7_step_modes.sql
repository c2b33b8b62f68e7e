-- step modes
--
-- Revision ID: a85c6b19d4f7
-- Revises: 9640f3b8e271
-- Create Date: 2025-12-24 10:10:00+00:00

-- migrate:up
ALTER TABLE steps ADD COLUMN "modes" JSONB;

-- migrate:down
ALTER TABLE steps DROP COLUMN "modes";
