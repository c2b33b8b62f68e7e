-- audio and video element options
--
-- Revision ID: 2b7e41c05a93
-- Revises: 1f0c2a9b77de
-- Create Date: 2024-05-22 10:30:00+00:00

-- migrate:up
ALTER TABLE elements
    ADD COLUMN "autoPlay" BOOLEAN,
    ADD COLUMN "playerConfig" JSONB;

-- migrate:down
ALTER TABLE elements
    DROP COLUMN "playerConfig",
    DROP COLUMN "autoPlay";
