#!/bin/bash
# Fetching from a Dovecot of our own:
#   imap.sh PROGRAM short|full    PROGRAM is the built test/fault/imap; exit status 77 when skipped (not root)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
world=$(mktemp -d)
chmod 711 "$world"
end() {
    "$here/../peers/mail.sh" stop "$world/mail"
    rm -rf "$world"
}
trap end EXIT
"$here/../peers/mail.sh" start "$world/mail" 9 > "$world/env"
. "$world/env"
"$1" "$2" "$IMAP_PORT" "$IMAPS_PORT" "$CA_FILE" "$MAIL_PASSWORD"
