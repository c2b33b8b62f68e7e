-- create accounts
--
-- Revision ID: 1f0c2a9b77de
-- Revises:
-- Branch Labels: billing
-- Create Date: 2026-11-23 09:00:00+00:00

-- migrate:up
CREATE TABLE accounts (id bigint PRIMARY KEY, name text NOT NULL DEFAULT 'it''s; not the end');
CREATE FUNCTION one() RETURNS int LANGUAGE plpgsql AS $body$ BEGIN RETURN 1; END $body$;
/* a comment; /* within another */ */

-- migrate:down
DROP FUNCTION one();
DROP TABLE accounts;
