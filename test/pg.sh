#!/bin/sh
# A private PostgreSQL for tests: reachable through a Unix socket in its own folder, by nobody else.
#
#     test/pg.sh start DIR    makes DIR (short: the socket's path must stay below 108 bytes), starts the
#                             server and prints its URL
#     test/pg.sh stop DIR     stops it and removes DIR
#
# PostgreSQL refuses to run as root; then the user "postgres" runs it and owns DIR.
set -eu

die() {
    echo "pg.sh: $*" >&2
    exit "${code:-1}"
}

[ $# = 2 ] || code=2 die "use: pg.sh start|stop DIR"
dir=$2
case $dir in /*) ;; *) dir=$PWD/$dir ;; esac
[ ${#dir} -lt 90 ] || die "the path $dir is too long for a socket"

bin=
for version in 15 16 17 18; do
    [ -x "/usr/lib/postgresql/$version/bin/initdb" ] && bin=/usr/lib/postgresql/$version/bin && break
done
[ -n "$bin" ] || die "no PostgreSQL server found; install the package postgresql"

user=$(id -un)
as=
if [ "$(id -u)" = 0 ]; then
    user=postgres
    as="setpriv --reuid=postgres --regid=postgres --init-groups --"
fi

start() {
    [ ! -e "$dir" ] || die "$dir is there already"
    mkdir -p "$dir"
    chmod 700 "$dir"
    [ -z "$as" ] || chown postgres: "$dir"
    # Not the caller's folder: the user postgres may not be allowed to stand in it.
    cd "$dir"
    $as "$bin/initdb" -D "$dir/data" -U "$user" -A trust -E UTF8 --locale=C.UTF-8 -N >"$dir/initdb.log" 2>&1 ||
        { cat "$dir/initdb.log" >&2; die "initdb failed"; }
    # -F: no fsync, a test's data may be lost with the machine. No TCP.
    $as "$bin/pg_ctl" -D "$dir/data" -l "$dir/server.log" -s -w -t 60 \
        -o "-F -c listen_addresses='' -c unix_socket_directories='$dir' -c max_connections=100 -c shared_buffers=32MB" \
        start >/dev/null || { cat "$dir/server.log" >&2; die "the server did not start"; }
    $as "$bin/createdb" -h "$dir" -U "$user" longhand
    echo "postgres:///longhand?host=$dir&user=$user"
}

stop() {
    [ -d "$dir/data" ] || die "$dir holds no server"
    cd "$dir"
    $as "$bin/pg_ctl" -D "$dir/data" -s -w -m fast stop >/dev/null 2>&1 || true
    cd /
    [ ! -e "$dir/data/postmaster.pid" ] || die "the server in $dir did not stop"
    rm -rf "$dir"
}

case $1 in
start) start ;;
stop) stop ;;
*) code=2 die "use: pg.sh start|stop DIR" ;;
esac
