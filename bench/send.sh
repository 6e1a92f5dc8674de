#!/bin/bash
# Sending through a Postfix of our own: the desk, a bare loop, and Postfix's own smtp-source, one after the other.
#   bench/send.sh FOLDER [REPLIES]
set -eu
cd "$(dirname "$0")/.."
work=$1
n=${2:-2000}
[ "$(id -u)" = 0 ] || { echo "bench/send.sh: Postfix starts as root only; left out" >&2; exit 0; }
mkdir -p "$work"
chmod 711 "$work"
trap 'test/peers/mail.sh stop "$work/mail" >/dev/null 2>&1 || true' EXIT
test/peers/mail.sh start "$work/mail" 1 >"$work/ports" 2>&1
port=$(sed -n 's/^SMTP_PORT=//p' "$work/ports")
# What is measured is handing over: what came is held, nothing is tried with it meanwhile.
postconf -c "$work/mail/postfix" -e "smtpd_client_restrictions=check_client_access static:HOLD"
postfix -c "$work/mail/postfix" reload >/dev/null 2>&1
sleep 1
build/${MODE:-release}/bench/send_bench "$work/desk" "$port" "$n"
began=$(date +%s%N)
smtp-source -s 4 -m "$n" -l 1200 -f letters@desk.test -t crowd@customer.test "127.0.0.1:$port"
echo "| smtp-source, 4 sessions, a connection for each letter | | $((n * 1000 / (($(date +%s%N) - began) / 1000000)))/s |"
began=$(date +%s%N)
smtp-source -d -s 4 -m "$n" -l 1200 -f letters@desk.test -t crowd@customer.test "127.0.0.1:$port"
echo "| smtp-source, 4 sessions kept open | | $((n * 1000 / (($(date +%s%N) - began) / 1000000)))/s |"
