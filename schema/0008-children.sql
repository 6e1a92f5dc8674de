-- When a child wrote: what people said of it, the grown-up's word, and when what was written is deleted.

-- One row a conversation of which a person (or the sender) said something. state: none (a person said that no
-- child wrote), set, asked, confirmed, declined.
-- name, address, country: the grown-up's word of where a box may go; '' before and after.
-- keep_memory: the grown-up agreed that what the child promised may be remembered.
-- forget_at: before its time, because the grown-up wants it so; 0 else. forgotten_at: the words are deleted.
-- version counts what people change here.
CREATE TABLE child (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    conversation_id BIGINT NOT NULL,
    state TEXT NOT NULL,
    agent_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    settled_at BIGINT NOT NULL,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    country TEXT NOT NULL,
    keep_memory BIGINT NOT NULL,
    forget_at BIGINT NOT NULL,
    forgotten_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (brand_id, conversation_id),
    FOREIGN KEY (brand_id, conversation_id) REFERENCES conversation (brand_id, id)
);
CREATE INDEX child_to_forget ON child (brand_id, conversation_id) WHERE state <> 'none' AND forgotten_at = 0;

-- A question to a grown-up: a mail with a link that works once. hash: of the link's token, empty until it is
-- sent (the token is made then, and only its hash is kept). Of a conversation at most one has ended_at 0.
-- state: waiting, sent, failed. says: the mail server's words.
CREATE TABLE child_ask (
    brand_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    email TEXT NOT NULL,
    hash BYTEA NOT NULL,
    state TEXT NOT NULL,
    says TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id),
    FOREIGN KEY (brand_id, conversation_id) REFERENCES conversation (brand_id, id)
);
CREATE INDEX child_ask_conversation ON child_ask (brand_id, conversation_id, id);
CREATE INDEX child_ask_email ON child_ask (email, created_at);
CREATE INDEX child_ask_hash ON child_ask (hash);

-- Files of deleted letters that are put aside (net/objects.h) and go for good once nobody can still be about
-- to name them.
CREATE TABLE object_aside (
    brand_id BIGINT NOT NULL,
    hash TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, hash)
);

-- To find who else names a file, and the later copies of a letter, without reading through everything.
CREATE INDEX raw_object ON raw (hash) WHERE bytes IS NULL;
CREATE INDEX attachment_object ON attachment (hash) WHERE bytes IS NULL;
CREATE INDEX raw_copy ON raw (brand_id, message_id) WHERE message_id > 0;

-- Letters that worry somebody. message_id: the newest letter then, or the one pointed to.
CREATE TABLE worry (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    note TEXT NOT NULL,
    at BIGINT NOT NULL,
    closed_at BIGINT NOT NULL,
    closed_by BIGINT NOT NULL,
    closed_note TEXT NOT NULL,
    PRIMARY KEY (brand_id, id),
    FOREIGN KEY (brand_id, conversation_id) REFERENCES conversation (brand_id, id)
);
CREATE INDEX worry_open ON worry (brand_id, id) WHERE closed_at = 0;
CREATE UNIQUE INDEX worry_conversation ON worry (brand_id, conversation_id) WHERE closed_at = 0;
CREATE INDEX worry_of ON worry (brand_id, conversation_id, id);

-- The people of a brand whom worries go to.
CREATE TABLE safeguard (
    brand_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    added_by BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, agent_id),
    FOREIGN KEY (brand_id, agent_id) REFERENCES agent (brand_id, id)
);
