-- The desk's first tables. Written in PostgreSQL's spelling; src/db/migrate.c says how SQLite reads it.
-- Times are milliseconds since 1970 in BIGINT, 0 where there is none. Ids are made by us (base/random.h).
-- Every row but accounts and sign-ins belongs to a brand, and brand_id leads every key.

-- A person who signs in. `password` is an Argon2id string, empty until the invitation is taken up.
CREATE TABLE account (
    id BIGINT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password TEXT NOT NULL,
    zone TEXT NOT NULL,
    language TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    disabled_at BIGINT NOT NULL
);

CREATE TABLE session (
    hash BYTEA NOT NULL PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES account (id),
    csrf TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX session_by_account ON session (account_id);

CREATE TABLE brand (
    id BIGINT NOT NULL PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    zone TEXT NOT NULL,
    language TEXT NOT NULL,
    next_number BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

-- An account in a brand. role: administrator, lead, agent, packer, reader.
CREATE TABLE agent (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    id BIGINT NOT NULL,
    account_id BIGINT NOT NULL REFERENCES account (id),
    role TEXT NOT NULL,
    signature TEXT NOT NULL,
    away_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    disabled_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id),
    UNIQUE (brand_id, account_id)
);
CREATE INDEX agent_by_account ON agent (account_id);

-- A token for programs; it may what its agent may. Only the hash is kept.
CREATE TABLE token (
    brand_id BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, hash),
    FOREIGN KEY (brand_id, agent_id) REFERENCES agent (brand_id, id)
);
CREATE INDEX token_by_hash ON token (hash);

-- A single-use link. kind: invitation, reset.
CREATE TABLE link (
    hash BYTEA NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    account_id BIGINT NOT NULL REFERENCES account (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL
);
CREATE INDEX link_by_account ON link (account_id);

-- transport: maildir, smtp. tls: required, implicit, never.
CREATE TABLE inbox (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    id BIGINT NOT NULL,
    address TEXT NOT NULL,
    name TEXT NOT NULL,
    is_default BIGINT NOT NULL,
    transport TEXT NOT NULL,
    smtp_host TEXT NOT NULL,
    smtp_port BIGINT NOT NULL,
    smtp_tls TEXT NOT NULL,
    smtp_user TEXT NOT NULL,
    smtp_password TEXT NOT NULL,
    smtp_ca_file TEXT NOT NULL,
    silent_after_hours BIGINT NOT NULL,
    letter_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    disabled_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id),
    UNIQUE (brand_id, address)
);
CREATE INDEX inbox_by_address ON inbox (address);

CREATE TABLE customer (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    about TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id)
);

CREATE TABLE customer_address (
    brand_id BIGINT NOT NULL,
    address TEXT NOT NULL,
    customer_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    blocked_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, address),
    FOREIGN KEY (brand_id, customer_id) REFERENCES customer (brand_id, id)
);
CREATE INDEX customer_address_by_customer ON customer_address (brand_id, customer_id);

-- state: us (waiting for us), them (waiting for them), done.
-- waiting_since: when the first unanswered letter came, 0 when none is unanswered.
-- closed_kind: 0 open, 1 answered, 2 closed without an answer, 3 junk.
-- closed_reason: why it is done while a letter is unanswered: spam, machine, duplicate, none_needed; else ''.
-- version counts what changes the answer (letters, replies, assignment, recipients).
CREATE TABLE conversation (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    channel TEXT NOT NULL,
    subject TEXT NOT NULL,
    snippet TEXT NOT NULL,
    state TEXT NOT NULL,
    waiting_since BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    closed_kind BIGINT NOT NULL,
    closed_reason TEXT NOT NULL,
    closed_at BIGINT NOT NULL,
    closed_by BIGINT NOT NULL,
    related_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id),
    FOREIGN KEY (brand_id, inbox_id) REFERENCES inbox (brand_id, id),
    FOREIGN KEY (brand_id, customer_id) REFERENCES customer (brand_id, id)
);
CREATE INDEX conversation_waiting ON conversation (brand_id, state, waiting_since, id);
CREATE INDEX conversation_updated ON conversation (brand_id, state, updated_at, id);
CREATE INDEX conversation_closed ON conversation (brand_id, closed_kind, closed_at, id);
CREATE INDEX conversation_agent ON conversation (brand_id, agent_id, state, waiting_since, id);
CREATE INDEX conversation_customer ON conversation (brand_id, customer_id, id);
CREATE UNIQUE INDEX conversation_number ON conversation (brand_id, number);

-- kind: letter, reply, note. channel: mail, paper, call, web.
-- state of a reply: held (may be taken back), queued, sent, failed, uncertain, recorded (by hand); else ''.
-- machine: '', auto_reply, bounce, list. rfc_id: Message-ID without <>.
-- same_as: hash of inbox, Message-ID and body, for duplicates; '' where the Message-ID is empty.
-- waited_since: of a reply, the conversation's waiting_since before it, so that taking it back restores it.
CREATE TABLE message (
    brand_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    state TEXT NOT NULL,
    machine TEXT NOT NULL,
    agent_id BIGINT NOT NULL,
    raw_id BIGINT NOT NULL,
    from_name TEXT NOT NULL,
    from_address TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    html TEXT NOT NULL,
    remote_images BIGINT NOT NULL,
    problem TEXT NOT NULL,
    rfc_id TEXT NOT NULL,
    same_as TEXT NOT NULL,
    waited_since BIGINT NOT NULL,
    said_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id),
    FOREIGN KEY (brand_id, conversation_id) REFERENCES conversation (brand_id, id)
);
CREATE INDEX message_conversation ON message (brand_id, conversation_id, id);
CREATE INDEX message_rfc_id ON message (brand_id, rfc_id);
CREATE UNIQUE INDEX message_same_as ON message (brand_id, same_as) WHERE same_as <> '';

-- role: from, reply_to, to, cc, bcc.
CREATE TABLE message_address (
    brand_id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    role TEXT NOT NULL,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    PRIMARY KEY (brand_id, message_id, position),
    FOREIGN KEY (brand_id, message_id) REFERENCES message (brand_id, id)
);

-- A file of a message, or (message_id 0) of an agent's draft in conversation_id.
CREATE TABLE attachment (
    brand_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    content_id TEXT NOT NULL,
    shown_inline BIGINT NOT NULL,
    size BIGINT NOT NULL,
    hash TEXT NOT NULL,
    bytes BYTEA,
    PRIMARY KEY (brand_id, id)
);
CREATE INDEX attachment_message ON attachment (brand_id, message_id, id);
CREATE INDEX attachment_draft ON attachment (brand_id, conversation_id, agent_id, message_id);

-- What an agent has begun to write. conversation_id 0: a letter that starts one.
CREATE TABLE draft (
    brand_id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    to_line TEXT NOT NULL,
    cc_line TEXT NOT NULL,
    bcc_line TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, conversation_id, agent_id)
);

-- One row a recipient. state: held, ready, sending, dot_sent, sent, uncertain, failed, taken_back.
CREATE TABLE outbox (
    brand_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    recipient TEXT NOT NULL,
    state TEXT NOT NULL,
    ready_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    says TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id),
    FOREIGN KEY (brand_id, message_id) REFERENCES message (brand_id, id)
);
CREATE INDEX outbox_message ON outbox (brand_id, message_id);
CREATE INDEX outbox_state ON outbox (brand_id, state, updated_at);

-- What happened to a conversation besides messages: taken, released, passed, closed, reopened, ...
CREATE TABLE event (
    brand_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id)
);
CREATE INDEX event_conversation ON event (brand_id, conversation_id, id);

-- Work to do: enqueued in the transaction that causes it, leased, done at least once.
-- One job of a kind for a subject; the id only names it to people.
CREATE TABLE job (
    brand_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    subject_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    run_at BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    last_error TEXT NOT NULL,
    dead_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, kind, subject_id)
);
CREATE INDEX job_due ON job (kind, dead_at, run_at);

CREATE TABLE setting (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (brand_id, name)
);
