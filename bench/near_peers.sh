#!/bin/bash
# The index beside pg_trgm, FTS5 and Xapian: bench/near_peers.sh [SENTENCES]. Prints a table. Needs the Debian
# packages libxapian-dev and g++ (only this), postgresql-15 and its contrib modules, and the release library.
set -eu
cd "$(dirname "$0")/.."
n=${1:-1000000}
[ -e /usr/include/xapian.h ] || { echo "near_peers.sh: the package libxapian-dev is missing" >&2; exit 1; }
make --no-print-directory -s build/release/liblonghand.a
mkdir -p build/release/bench
g++ -std=c++17 -O2 -g -Wall -Wextra -Werror -Isrc -Ibench -Inode_modules/better-sqlite3/deps/sqlite3 \
    $(pkg-config --cflags libpq) -o build/release/bench/near_peers bench/near_peers.cc build/release/liblonghand.a \
    -lxapian $(pkg-config --libs libpq libsodium) -lxxhash -lunistring -lm -pthread

bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
work=$(mktemp -d "${TMPDIR:-/tmp}/lh-peers.XXXXXX")
user=$(id -un) as=
if [ "$(id -u)" = 0 ]; then
    user=postgres as="setpriv --reuid=postgres --regid=postgres --init-groups --"
fi
stop() {
    (cd "$work/pg" && $as "$bin/pg_ctl" -D "$work/pg/data" -s -w -m fast stop) >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap stop EXIT
mkdir "$work/pg"
chmod 755 "$work"
[ "$user" != postgres ] || chown postgres: "$work/pg"
(
    cd "$work/pg"
    $as "$bin/initdb" -D "$work/pg/data" -U "$user" -A trust -E UTF8 --locale=C.UTF-8 -N >initdb.log 2>&1
    # Everything in memory: the index is, so the peer may be.
    $as "$bin/pg_ctl" -D "$work/pg/data" -l "$work/pg/server.log" -s -w -t 60 \
        -o "-F -c listen_addresses='' -c unix_socket_directories='$work/pg' -c shared_buffers=1GB -c jit=off" start
) >/dev/null
build/release/bench/near_peers "$work" "host=$work/pg user=$user dbname=postgres" "$n"
