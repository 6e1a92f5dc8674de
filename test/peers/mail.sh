#!/bin/bash
# A mail world of our own on loopback: Postfix and Dovecot, from configuration made here, in one folder.
#
#   mail.sh start DIR LMTP_PORT   make DIR, start both, print KEY=value lines; LMTP_PORT is where the desk's
#                                 LMTP listens, or will listen (mail waits in the queue and is tried every few seconds)
#   mail.sh stop DIR              stop both; DIR stays, with mail.log and dovecot.log
#   mail.sh flush DIR             try all waiting mail now
#
# Exit status 77 (skipped) when not root: Postfix's master and Dovecot change user ids. 1 when they do not start.
#
#   SMTP_PORT        takes any mail from loopback; STARTTLS is offered
#   SUBMISSION_PORT  requires STARTTLS and AUTH PLAIN or LOGIN, over TLS only
#   SMTPS_PORT       the same with TLS from the first byte
#   CA_FILE          the certificate's authority; the name is localhost, the address 127.0.0.1
#   IMAP_PORT        Dovecot, without TLS or with STARTTLS; any user, MAIL_PASSWORD. imap.mjs beside this reads it
#   IMAPS_PORT       the same with TLS from the first byte
#   MAIL_PASSWORD    of every user, for IMAP and AUTH
#   MAIL_LOG         Postfix's log
#
# Mail to anyone@desk.test goes to the desk's LMTP. Mail to NAME@customer.test goes by LMTP into Dovecot's
# mailbox of NAME; nobody@customer.test is refused at RCPT (550), later@customer.test put off (450), and a
# message with the header "X-Refuse: yes" is refused after the final dot (550). gone@customer.test is taken and
# cannot be delivered: a real bounce in ASCII. Mail to an address beyond
# ASCII is taken (SMTPUTF8) but Dovecot does not take it: it comes back as a real bounce to its sender.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
postfix_daemons=$(postconf -d -h daemon_directory 2>/dev/null || echo /usr/lib/postfix/sbin)
# Debian keeps these two out of the default PATH.
PATH=$PATH:/usr/sbin:/sbin

fail() { echo "mail.sh: $*" >&2; exit 1; }

free_ports() {
    node -e 'const net = require("net"), n = Number(process.argv[1]), open = [];
        const next = () => { if (open.length === n) {
                console.log(open.map(s => s.address().port).join(" ")); open.forEach(s => s.close()); return; }
            const s = net.createServer(); s.listen(0, "127.0.0.1", () => { open.push(s); next(); }); };
        next();' "$1"
}

# An authority, and a certificate of it for localhost.
make_certificates() {
    local tls=$1/tls
    mkdir -p "$tls"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=Test authority" \
        -keyout "$tls/ca.key" -out "$tls/ca.pem" 2>/dev/null
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=localhost" \
        -keyout "$tls/server.key" -out "$tls/server.csr" 2>/dev/null
    printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' > "$tls/names"
    openssl x509 -req -in "$tls/server.csr" -CA "$tls/ca.pem" -CAkey "$tls/ca.key" -CAcreateserial -days 30 \
        -extfile "$tls/names" -out "$tls/server.pem" 2>/dev/null
}

make_postfix() {
    local dir=$1 desk=$2 etc=$1/postfix
    mkdir -p "$etc" "$dir/spool" "$dir/data"
    chown postfix "$dir/data"
    cat > "$etc/main.cf" <<-END
	compatibility_level = 3.6
	queue_directory = $dir/spool
	data_directory = $dir/data
	command_directory = /usr/sbin
	daemon_directory = $postfix_daemons
	mail_owner = postfix
	setgid_group = postdrop
	maillog_file = $dir/mail.log
	maillog_file_prefixes = $dir
	inet_interfaces = 127.0.0.1
	inet_protocols = ipv4
	myhostname = mail.test
	mydestination =
	local_transport = error:no local mail here
	alias_maps =
	alias_database =
	mynetworks = 127.0.0.0/8
	relay_domains = desk.test
	relay_recipient_maps =
	transport_maps = inline:{ { desk.test = lmtp:inet:127.0.0.1:$desk } gone@customer.test=gone:  }
	virtual_mailbox_domains = customer.test
	virtual_mailbox_maps = static:here
	virtual_transport = lmtp:inet:127.0.0.1:$DOVECOT_LMTP_PORT
	smtpd_recipient_restrictions = check_recipient_access inline:{ { nobody@customer.test = 550 5.1.1 No such person } { later@customer.test = 450 4.2.0 Come back } }, permit_mynetworks, permit_sasl_authenticated, reject
	smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject
	header_checks = regexp:$etc/header_checks
	smtpd_tls_cert_file = $dir/tls/server.pem
	smtpd_tls_key_file = $dir/tls/server.key
	smtpd_tls_security_level = may
	smtpd_sasl_type = dovecot
	smtpd_sasl_path = inet:127.0.0.1:$DOVECOT_AUTH_PORT
	smtpd_tls_auth_only = yes
	smtp_tls_security_level = none
	lmtp_tls_security_level = none
	smtputf8_enable = yes
	smtpd_peername_lookup = no
	disable_dns_lookups = yes
	queue_run_delay = 2s
	minimal_backoff_time = 2s
	maximal_backoff_time = 3s
	lmtp_destination_concurrency_failed_cohort_limit = 1000000
	message_size_limit = 40000000
	END
    echo '/^X-Refuse: yes/ REJECT Refused as asked' > "$etc/header_checks"
    {
        echo "127.0.0.1:$SMTP_PORT inet n - n - - smtpd"
        echo "127.0.0.1:$SUBMISSION_PORT inet n - n - - smtpd -o smtpd_tls_security_level=encrypt" \
            "-o smtpd_sasl_auth_enable=yes -o smtpd_client_restrictions=permit_sasl_authenticated,reject"
        echo "127.0.0.1:$SMTPS_PORT inet n - n - - smtpd -o smtpd_tls_wrappermode=yes" \
            "-o smtpd_sasl_auth_enable=yes -o smtpd_client_restrictions=permit_sasl_authenticated,reject"
        sed 's/ *#.*//' <<-END
	cleanup   unix        n - n -     0 cleanup
	qmgr      unix        n - n 300   1 qmgr
	tlsmgr    unix        - - n 1000? 1 tlsmgr
	rewrite   unix        - - n -     - trivial-rewrite
	bounce    unix        - - n -     0 bounce
	defer     unix        - - n -     0 bounce
	trace     unix        - - n -     0 bounce
	verify    unix        - - n -     1 verify
	flush     unix        n - n 1000? 0 flush
	proxymap  unix        - - n -     - proxymap
	smtp      unix        - - n -     - smtp
	relay     unix        - - n -     - smtp
	showq     unix        n - n -     - showq
	error     unix        - - n -     - error
	gone      unix        - n n -     - pipe flags=R user=nobody argv=/bin/sh -c {exit 67}
	retry     unix        - - n -     - error
	discard   unix        - - n -     - discard
	lmtp      unix        - - n -     - lmtp
	anvil     unix        - - n -     1 anvil
	scache    unix        - - n -     1 scache
	postlog   unix-dgram  n - n -     1 postlogd
	END
    } > "$etc/master.cf"
}

make_dovecot() {
    local dir=$1
    mkdir -p "$dir/boxes"
    chown nobody: "$dir/boxes"
    cat > "$dir/dovecot.conf" <<-END
	base_dir = $dir/dovecot
	state_dir = $dir/dovecot-state
	log_path = $dir/dovecot.log
	protocols = imap lmtp
	listen = 127.0.0.1
	ssl = yes
	ssl_cert = <$dir/tls/server.pem
	ssl_key = <$dir/tls/server.key
	disable_plaintext_auth = no
	auth_mechanisms = plain login
	auth_failure_delay = 0
	service anvil {
	  unix_listener anvil-auth-penalty {
	    mode = 0
	  }
	}
	auth_username_format = %Ln
	mail_location = maildir:$dir/boxes/%n
	first_valid_uid = 1
	postmaster_address = postmaster@mail.test
	hostname = mail.test
	passdb {
	  driver = static
	  args = password=$MAIL_PASSWORD
	}
	userdb {
	  driver = static
	  args = uid=nobody gid=nogroup home=$dir/boxes/%n allow_all_users=yes
	}
	service imap-login {
	  inet_listener imap {
	    address = 127.0.0.1
	    port = $IMAP_PORT
	  }
	  inet_listener imaps {
	    address = 127.0.0.1
	    port = $IMAPS_PORT
	  }
	  # One process for all, and as many sessions as a test wants.
	  service_count = 0
	  client_limit = 2000
	}
	service imap {
	  process_limit = 2000
	}
	service anvil {
	  client_limit = 5000
	}
	service lmtp {
	  inet_listener lmtp {
	    address = 127.0.0.1
	    port = $DOVECOT_LMTP_PORT
	  }
	}
	service auth {
	  client_limit = 5000
	  inet_listener {
	    address = 127.0.0.1
	    port = $DOVECOT_AUTH_PORT
	  }
	}
	END
}

wait_for_port() {
    local i
    for i in $(seq 100); do
        if (exec 3<> "/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return 0; fi
        sleep 0.1
    done
    return 1
}

alive() { [ -s "$1" ] && kill -0 "$(tr -d ' ' < "$1")" 2> /dev/null; }

stop() {
    local dir=$1 i
    [ -d "$dir/postfix" ] || return 0
    alive "$dir/spool/pid/master.pid" && postfix -c "$dir/postfix" stop > /dev/null 2>&1 || true
    alive "$dir/dovecot/master.pid" && doveadm -c "$dir/dovecot.conf" stop > /dev/null 2>&1 || true
    for i in $(seq 100); do
        alive "$dir/spool/pid/master.pid" || alive "$dir/dovecot/master.pid" || return 0
        sleep 0.1
    done
    fail "Postfix or Dovecot did not stop; see $dir"
}

start() {
    local dir=$1 desk=$2
    if [ "$(id -u)" != 0 ]; then
        echo "mail.sh: skipped: Postfix and Dovecot start as root only" >&2
        exit 77
    fi
    for program in postfix dovecot openssl node; do
        command -v $program > /dev/null || fail "$program is not installed (packages/test.txt)"
    done
    mkdir -p "$dir"
    dir=$(cd "$dir" && pwd)
    [ -e "$dir/postfix" ] && fail "$dir is in use; choose a new folder"
    # Their processes run as other users and must reach what is inside.
    chmod 711 "$dir"
    setpriv --reuid=nobody --clear-groups test -x "$dir" ||
        fail "a folder above $dir is closed to other users; chmod 711 it"
    read -r SMTP_PORT SUBMISSION_PORT SMTPS_PORT IMAP_PORT IMAPS_PORT DOVECOT_LMTP_PORT DOVECOT_AUTH_PORT <<< "$(free_ports 7)"
    MAIL_PASSWORD=$(openssl rand -hex 12)
    make_certificates "$dir"
    make_dovecot "$dir"
    make_postfix "$dir" "$desk"
    dovecot -c "$dir/dovecot.conf" || fail "Dovecot does not start; see $dir/dovecot.log"
    postfix -c "$dir/postfix" start > "$dir/postfix-start.log" 2>&1 ||
        { stop "$dir"; fail "Postfix does not start; see $dir/postfix-start.log"; }
    for port in $SMTP_PORT $SUBMISSION_PORT $SMTPS_PORT $IMAP_PORT $IMAPS_PORT $DOVECOT_LMTP_PORT; do
        wait_for_port "$port" || { stop "$dir"; fail "nothing listens at 127.0.0.1:$port; see $dir"; }
    done
    cat <<-END
	SMTP_PORT=$SMTP_PORT
	SUBMISSION_PORT=$SUBMISSION_PORT
	SMTPS_PORT=$SMTPS_PORT
	CA_FILE=$dir/tls/ca.pem
	IMAP_PORT=$IMAP_PORT
	IMAPS_PORT=$IMAPS_PORT
	MAIL_PASSWORD=$MAIL_PASSWORD
	MAIL_LOG=$dir/mail.log
	END
}

# A reload too: a letter that Postfix's first scan met while it was still being delivered waits for that.
flush() {
    postfix -c "$1/postfix" reload > /dev/null 2>&1
    postqueue -c "$1/postfix" -f
}

case "${1:-} $#" in
    "start 3") start "$2" "$3" ;;
    "stop 2") stop "$2" ;;
    "flush 2") flush "$2" ;;
    *)
        sed -n '2,/^set -eu/{/^#/s/^# \{0,1\}//p}' "$here/mail.sh" >&2
        exit 2
        ;;
esac
