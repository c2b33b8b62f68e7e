-- step auto collapse
--
-- Revision ID: b7d2094e8f3c
-- Revises: a85c6b19d4f7
-- Create Date: 2026-03-05 13:40:00+00:00

-- migrate:up
ALTER TABLE steps ADD COLUMN "autoCollapse" BOOLEAN;

-- migrate:down
ALTER TABLE steps DROP COLUMN "autoCollapse";
