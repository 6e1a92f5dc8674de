#!/bin/bash
# A team in an incident's room, and Next with 100,000 waiting, on SQLite and PostgreSQL: rows for bench/RESULTS.md.
#   bench/team.sh FOLDER [PEOPLE] [WAITING]
set -eu
cd "$(dirname "$0")/.."
work=$1
people=${2:-2300}
waiting=${3:-100000}
bench=${BENCH:-build/${MODE:-release}/bench/team_bench}
mkdir -p "$work/a" "$work/b" "$work/c" "$work/d"
trap 'test/pg.sh stop "$work/pg" >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
"$bench" team "$work/a/desk.db" "$work/a" "$people" 20 1
"$bench" team "$work/b/desk.db" "$work/b" "$people" 20 2
TEAM_PAUSE_MS=400 "$bench" team "$work/d/desk.db" "$work/d" "$people" 20 1
"$bench" next "$work/c/desk.db" "$work/c" "$waiting"
url=$(test/pg.sh start "$work/pg")
for run in one two three four; do psql "$url" -qc "CREATE SCHEMA $run"; mkdir -p "$work/$run"; done
"$bench" team "$url&options=-csearch_path%3Done" "$work/one" "$people" 20 1
"$bench" team "$url&options=-csearch_path%3Dtwo" "$work/two" "$people" 20 2
TEAM_PAUSE_MS=400 "$bench" team "$url&options=-csearch_path%3Dfour" "$work/four" "$people" 20 1
"$bench" next "$url&options=-csearch_path%3Dthree" "$work/three" "$waiting"
