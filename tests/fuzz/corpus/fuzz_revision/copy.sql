-- Revision ID: aaaa
-- Revises: bbbb, cccc

-- migrate:up
COPY kinds (name, rank) FROM stdin;
one	1
two	2
\.
COMMIT;
\connect other
