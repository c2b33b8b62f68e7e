-- custom element props
--
-- Revision ID: 6e2f7d403b5a
-- Revises: 5c18b2f96e04
-- Create Date: 2025-01-06 09:20:00+00:00

-- migrate:up
ALTER TABLE elements ADD COLUMN "props" JSONB;

-- migrate:down
ALTER TABLE elements DROP COLUMN "props";
