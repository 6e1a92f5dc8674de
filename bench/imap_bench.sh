#!/bin/bash
# What idling IMAP accounts cost, against a Dovecot of our own:
#   imap_bench.sh PROGRAM [ACCOUNTS]
# Prints rows of a table; nothing where Dovecot cannot be started.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
world=$(mktemp -d)
chmod 711 "$world"
end() {
    "$here/../test/peers/mail.sh" stop "$world/mail" || true
    rm -rf "$world"
}
trap end EXIT
"$here/../test/peers/mail.sh" start "$world/mail" 9 > "$world/env" || exit 0
. "$world/env"
# The authorities of the system beside ours, as a desk has them: reading them is what could cost memory.
cat /etc/ssl/certs/ca-certificates.crt "$CA_FILE" > "$world/ca.pem" 2> /dev/null || cp "$CA_FILE" "$world/ca.pem"
box=$world/mail/boxes/many
mkdir -p "$box/cur" "$box/new" "$box/tmp"
for i in $(seq 2000); do
    printf 'From: luka@customer.test\r\nSubject: Mail %d\r\nMessage-ID: <%d@customer.test>\r\n\r\nMail "%d"\r\n%1900s\r\n' \
        "$i" "$i" "$((i % 1999 + 1))" x > "$box/new/$i.bench"
done
chown -R nobody: "$box"
"$1" "$IMAPS_PORT" "$world/ca.pem" "$MAIL_PASSWORD" "${2:-200}"
