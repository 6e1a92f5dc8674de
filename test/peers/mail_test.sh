#!/bin/bash
# Our two ends of mail against Postfix and Dovecot.
#   mail_test.sh PROBE     PROBE is the built mail_probe; exit status 77 when skipped (not root)
set -eu

here=$(cd "$(dirname "$0")" && pwd)
probe=$1
world=$(mktemp -d)
chmod 711 "$world"
listener=
end() {
    [ -z "$listener" ] || kill "$listener" 2> /dev/null || true
    "$here/mail.sh" stop "$world/mail"
    rm -rf "$world"
}
trap end EXIT

good=0 bad=0
# check WHAT WANTED GOT: GOT begins with WANTED.
check() {
    case $3 in
        "$2"*) echo "ok      $1"; good=$((good + 1)) ;;
        *) echo "FAILED  $1: wanted \"$2\", got \"$3\""; bad=$((bad + 1)) ;;
    esac
}

mkdir "$world/in"
"$probe" listen 127.0.0.1:0 "$world/in" > "$world/listener" &
listener=$!
for i in $(seq 100); do
    [ ! -s "$world/listener" ] || break
    sleep 0.05
done
lmtp=$(sed -n 's/^LMTP_PORT=//p' "$world/listener")
"$here/mail.sh" start "$world/mail" "$lmtp" > "$world/env"
. "$world/env"

letter() { # SUBJECT [HEADER]
    printf 'From: desk@desk.test\r\nSubject: %s\r\nMessage-ID: <%s@desk.test>\r\n%s\r\n.\r\n..two\r\nBye\r\n' \
        "$1" "$1" "${2:-}"
}
deliver() { # SUBJECT HOST:PORT TLS CA USER PASSWORD FROM RCPT [COUNT]
    local subject=$1
    shift
    letter "$subject" "${HEADER:-}" | "$probe" send "$@"
}
plain="127.0.0.1:$SMTP_PORT never"
desk=desk@desk.test
luka=luka@customer.test

check "plain" "ACCEPTED 1 250 " "$(deliver plain $plain "" "" "" $desk $luka)"
check "STARTTLS" "ACCEPTED 1 250 " "$(deliver starttls "localhost:$SMTP_PORT" required "$CA_FILE" "" "" $desk $luka)"
check "an authority not ours" \
    "LATER 0 The mail server localhost:$SMTP_PORT could not take the letter: SSL certificate" \
    "$(deliver no "localhost:$SMTP_PORT" required "" "" "" $desk $luka)"
check "another name in the certificate" "LATER 0 The mail server other.localhost:$SMTP_PORT could not take the letter: SSL: no alternative" \
    "$(deliver no "other.localhost:$SMTP_PORT" required "$CA_FILE" "" "" $desk $luka)"
check "AUTH" "ACCEPTED 1 250 " \
    "$(deliver auth "127.0.0.1:$SUBMISSION_PORT" required "$CA_FILE" desk "$MAIL_PASSWORD" $desk $luka)"
check "implicit TLS" "ACCEPTED 1 250 " \
    "$(deliver implicit "127.0.0.1:$SMTPS_PORT" implicit "$CA_FILE" desk "$MAIL_PASSWORD" $desk $luka)"
check "a wrong password" "REFUSED 0 535 " \
    "$(deliver no "127.0.0.1:$SUBMISSION_PORT" required "$CA_FILE" desk wrong $desk $luka)"
check "no AUTH without TLS" "LATER 0 The mail server does not offer to sign in" \
    "$(deliver no "127.0.0.1:$SUBMISSION_PORT" never "" desk "$MAIL_PASSWORD" $desk $luka)"
check "refused at RCPT" "REFUSED 0 550 5.1.1 " "$(deliver no $plain "" "" "" $desk nobody@customer.test)"
check "put off at RCPT" "LATER 0 450 4.2.0 " "$(deliver no $plain "" "" "" $desk later@customer.test)"
check "refused after the dot" "REFUSED 1 550 5.7.1 " \
    "$(HEADER='X-Refuse: yes
' deliver no $plain "" "" "" $desk $luka)"
check "three over one connection" "ACCEPTED 1 250 " "$(deliver three $plain "" "" "" $desk $luka 3 | tail -n 1)"
check "one connection for three" 1 \
    "$(grep -c 'disconnect from .* mail=3 rcpt=3 data=3' "$MAIL_LOG" || true)"

node "$here/imap.mjs" "$IMAP_PORT" luka "$MAIL_PASSWORD" 7 > "$world/inbox"
read_inbox='const m = JSON.parse(require("fs").readFileSync(process.argv[1]));
    console.log(m.map(t => /^Subject: (.*)\r$/m.exec(t)[1]).sort().join(" "),
        m.every(t => t.endsWith("\r\n\r\n.\r\n..two\r\nBye\r\n")))'
check "in the mailbox, dots and all" "auth implicit plain starttls three three three true" \
    "$(node -e "$read_inbox" "$world/inbox")"

check "Postfix takes mail to the desk" "ACCEPTED 1 250 " "$(deliver in $plain "" "" "" $luka box@desk.test)"
check "and beyond ASCII" "ACCEPTED 1 250 " "$(deliver in $plain "" "" "" $luka änne@desk.test)"
for i in $(seq 100); do
    [ ! -e "$world/in/2.to" ] || break
    sleep 0.1
done
check "it reaches our LMTP" "$luka box@desk.test $luka änne@desk.test" "$(cat "$world"/in/*.to | sort | xargs)"
check "with its bytes" "true" "$(tail -c 15 "$world/in/1" | node -e \
    'console.log(require("fs").readFileSync(0, "latin1") === ".\r\n..two\r\nBye\r\n")')"
check "nobody is refused to Postfix" "ACCEPTED 1 250 " "$(deliver in $plain "" "" "" $luka nobody@desk.test)"
node "$here/imap.mjs" "$IMAP_PORT" luka "$MAIL_PASSWORD" 8 > "$world/inbox"
check "and the sender hears of it" true "$(node -e 'const m = JSON.parse(require("fs").readFileSync(process.argv[1]));
    console.log(m.some(t => t.includes("550 5.1.1 No such inbox here")))' "$world/inbox")"
echo "$good passed, $bad failed"
[ "$bad" -eq 0 ]
