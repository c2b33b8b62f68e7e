# A private PostgreSQL 15 for scripts: sourced, not run. Own folder, own free loopback port, an unprivileged
# user, fsync on. Nothing of the system's PostgreSQL is touched.
#
#   cluster_start FOLDER [setting=value ...]   sets CLUSTER_PORT, CLUSTER_SOCKETS, CLUSTER_PASSWORD
#   cluster_sql DATABASE < script              as the superuser
#   cluster_stop

CLUSTER_BIN=/usr/lib/postgresql/15/bin

# PostgreSQL refuses to run as root: then it runs as Debian's own postgres user, who may not be able to enter the
# folder that root is in; so paths are absolute.
cluster_user() {
    if [ "$(id -u)" = 0 ]; then
        env -C / setpriv --reuid=postgres --regid=postgres --clear-groups -- "$@"
    else
        "$@"
    fi
}

cluster_free_port() {
    /usr/bin/python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

cluster_start() {
    mkdir -p "$1"
    CLUSTER_FOLDER=$(realpath "$1")
    shift
    [ "$(id -u)" != 0 ] || chown postgres: "$CLUSTER_FOLDER"
    chmod 711 "$CLUSTER_FOLDER"
    CLUSTER_SOCKETS=$CLUSTER_FOLDER
    CLUSTER_PORT=$(cluster_free_port)
    CLUSTER_PASSWORD=$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
    (umask 077 && printf '%s' "$CLUSTER_PASSWORD" >"$CLUSTER_FOLDER/password")
    [ "$(id -u)" != 0 ] || chown postgres: "$CLUSTER_FOLDER/password"
    cluster_user "$CLUSTER_BIN/initdb" -D "$CLUSTER_FOLDER/data" -U postgres --auth=scram-sha-256 \
        --pwfile="$CLUSTER_FOLDER/password" -E UTF8 --no-locale >"$CLUSTER_FOLDER/initdb.log" 2>&1 ||
        { cat "$CLUSTER_FOLDER/initdb.log" >&2; return 1; }
    {
        echo "listen_addresses = '127.0.0.1'"
        echo "port = $CLUSTER_PORT"
        echo "unix_socket_directories = '$CLUSTER_SOCKETS'"
        for setting in "$@"; do
            echo "$setting"
        done
    } >>"$CLUSTER_FOLDER/data/postgresql.conf"
    cluster_user "$CLUSTER_BIN/pg_ctl" -D "$CLUSTER_FOLDER/data" -l "$CLUSTER_FOLDER/server.log" -w -s start ||
        { cat "$CLUSTER_FOLDER/server.log" >&2; return 1; }
}

cluster_sql() {
    PGPASSWORD=$CLUSTER_PASSWORD "$CLUSTER_BIN/psql" -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 \
        -p "$CLUSTER_PORT" -U postgres -d "$1"
}

cluster_stop() {
    [ -n "${CLUSTER_FOLDER:-}" ] || return 0
    if [ -f "$CLUSTER_FOLDER/data/postmaster.pid" ]; then
        cluster_user "$CLUSTER_BIN/pg_ctl" -D "$CLUSTER_FOLDER/data" -m immediate -w -s stop || true
    fi
}
