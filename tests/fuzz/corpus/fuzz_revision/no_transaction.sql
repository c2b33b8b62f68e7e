-- an index without a lock
--
-- Revision ID: 2b7e41c05a93
-- Revises: 1f0c2a9b77de
-- Depends On: 70b9e5a1c6d2
-- Transaction: none

-- migrate:up
CREATE INDEX CONCURRENTLY accounts_name ON accounts (name);
VACUUM ANALYZE accounts;

-- migrate:down
DROP INDEX CONCURRENTLY accounts_name;
