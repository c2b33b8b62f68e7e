-- indexes for thread lookups
--
-- Revision ID: 9640f3b8e271
-- Revises: 83d51c7f0ae9
-- Create Date: 2025-06-02 07:30:00+00:00
-- Transaction: none

-- migrate:up
CREATE INDEX CONCURRENTLY "ix_steps_threadId" ON steps ("threadId");
CREATE INDEX CONCURRENTLY "ix_elements_threadId" ON elements ("threadId");
CREATE INDEX CONCURRENTLY "ix_feedbacks_forId" ON feedbacks ("forId");
CREATE INDEX CONCURRENTLY "ix_threads_userId" ON threads ("userId");

-- migrate:down
DROP INDEX CONCURRENTLY "ix_threads_userId";
DROP INDEX CONCURRENTLY "ix_feedbacks_forId";
DROP INDEX CONCURRENTLY "ix_elements_threadId";
DROP INDEX CONCURRENTLY "ix_steps_threadId";
