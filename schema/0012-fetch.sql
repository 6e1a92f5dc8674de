-- Fetching: mailboxes elsewhere whose letters are fetched by IMAP, one for an inbox.

-- tls: implicit, required (STARTTLS), never. sign_in: password, oauth. password, client_secret, refresh_token,
-- access_token: sealed (desk/secret.h). provider: google, microsoft, own. The *_expires_at: 0 not known.
-- after_do: what happens in the mailbox to a mail that is kept here: leave, seen, flag, move. begin_at: all, new.
-- state, code: a phase of mail/imap.h and the kind of its last failure. version counts up with every change that needs
-- a new connection, from the time of the first one, so that one that was removed and set up again has none of before;
-- asked with every wish to look at once. contact_at: when the server last answered. mail_at: when the last mail was
-- kept. failing_since: 0 while it works. kept: mails in all. created_at: since when it is this mailbox.
CREATE TABLE fetch_account (
    brand_id BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    host TEXT NOT NULL,
    port BIGINT NOT NULL,
    tls TEXT NOT NULL,
    ca_file TEXT NOT NULL,
    sign_in TEXT NOT NULL,
    user_name TEXT NOT NULL,
    password TEXT NOT NULL,
    provider TEXT NOT NULL,
    authorize_url TEXT NOT NULL,
    token_url TEXT NOT NULL,
    scope TEXT NOT NULL,
    client_id TEXT NOT NULL,
    client_secret TEXT NOT NULL,
    refresh_token TEXT NOT NULL,
    refresh_expires_at BIGINT NOT NULL,
    access_token TEXT NOT NULL,
    access_expires_at BIGINT NOT NULL,
    after_do TEXT NOT NULL,
    move_to TEXT NOT NULL,
    begin_at TEXT NOT NULL,
    version BIGINT NOT NULL,
    asked BIGINT NOT NULL,
    state TEXT NOT NULL,
    code TEXT NOT NULL,
    says TEXT NOT NULL,
    state_at BIGINT NOT NULL,
    contact_at BIGINT NOT NULL,
    mail_at BIGINT NOT NULL,
    retry_at BIGINT NOT NULL,
    failing_since BIGINT NOT NULL,
    kept BIGINT NOT NULL,
    paused_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, inbox_id),
    FOREIGN KEY (brand_id, inbox_id) REFERENCES inbox (brand_id, id)
);

-- A folder of that mailbox, as the server lists it. special: Sent, Junk, ... (RFC 6154). wanted: it is fetched. Every mail of uid_validity up to uid_mark
-- is kept here or set aside. old_until: mails up to this one were there when the folder was first read. stood: the
-- account's version when the fetcher last asked where the folder stands.
CREATE TABLE fetch_folder (
    brand_id BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    special TEXT NOT NULL,
    wanted BIGINT NOT NULL,
    uid_validity BIGINT NOT NULL,
    uid_mark BIGINT NOT NULL,
    old_until BIGINT NOT NULL,
    modseq BIGINT NOT NULL,
    stood BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, inbox_id, id),
    UNIQUE (brand_id, inbox_id, name),
    FOREIGN KEY (brand_id, inbox_id) REFERENCES fetch_account (brand_id, inbox_id)
);

-- A mail that was kept: its place in the mailbox, and a hash of its bytes, by which it is known again when the server
-- numbers the folder anew. raw_id 0: these bytes were kept from another place. pending: what is to happen to it there
-- has not happened yet.
CREATE TABLE fetch_mail (
    brand_id BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    folder_id BIGINT NOT NULL,
    uid_validity BIGINT NOT NULL,
    uid BIGINT NOT NULL,
    raw_id BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    pending BIGINT NOT NULL,
    PRIMARY KEY (brand_id, inbox_id, folder_id, uid_validity, uid)
);
CREATE INDEX fetch_mail_hash ON fetch_mail (brand_id, inbox_id, hash);
CREATE INDEX fetch_mail_pending ON fetch_mail (brand_id, inbox_id, folder_id, uid) WHERE pending = 1;

-- A mail that could not be fetched or kept: it is passed by, seen by people, and tried again.
CREATE TABLE fetch_aside (
    brand_id BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    folder_id BIGINT NOT NULL,
    uid_validity BIGINT NOT NULL,
    uid BIGINT NOT NULL,
    id BIGINT NOT NULL,
    reason TEXT NOT NULL,
    size BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    tried_at BIGINT NOT NULL,
    retry_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, inbox_id, folder_id, uid_validity, uid)
);
CREATE INDEX fetch_aside_id ON fetch_aside (brand_id, inbox_id, id);

-- A way to a provider's page that asks for consent, until the provider sends the browser back. hash: of the state that
-- goes along; the PKCE verifier is sealed.
CREATE TABLE fetch_consent (
    brand_id BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    inbox_id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    verifier TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, hash)
);
CREATE INDEX fetch_consent_hash ON fetch_consent (hash);

-- How often letters come to an inbox, so that its silence can be told from its rest (desk/rhythm.h). hour: hours since
-- 1970, only such in which a letter came.
CREATE TABLE inbox_hour (
    brand_id BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    hour BIGINT NOT NULL,
    letters BIGINT NOT NULL,
    PRIMARY KEY (brand_id, inbox_id, hour)
);

-- raw_id: letters up to this one are counted in inbox_hour.
CREATE TABLE rhythm_mark (
    brand_id BIGINT NOT NULL PRIMARY KEY,
    raw_id BIGINT NOT NULL
);

-- silent_at: since when the inbox is silent beyond its rhythm; it ends with the next letter.
CREATE TABLE inbox_silence (
    brand_id BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    silent_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, inbox_id)
);
