#!/bin/sh
# Draws the passwords of docker-compose.yml, once. They are files that only you can reach; inside the containers
# another user reads them, so that the files themselves are readable.
set -eu
cd "$(dirname "$0")"
mkdir -p -m 0700 secrets
for name in postgres_password fleet_password; do
    [ -e "secrets/$name" ] || od -An -N18 -tx1 /dev/urandom | tr -d ' \n' >"secrets/$name"
    chmod 444 "secrets/$name"
done
