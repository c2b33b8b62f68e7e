-- Run by the image of PostgreSQL when its data folder is new: a role and twelve tenant databases.
\set ON_ERROR_STOP on
\set password `cat /run/secrets/fleet_password`
CREATE ROLE fleet LOGIN PASSWORD :'password';
SELECT format('CREATE DATABASE tenant_%s OWNER fleet', to_char(number, 'FM00')) FROM generate_series(1, 12) AS number
\gexec
