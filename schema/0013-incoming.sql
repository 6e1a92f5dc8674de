-- What comes in: whose word about senders an inbox believes, and how replies are answered.

-- What an administrator chose for an inbox; no row: nothing. authserv_id: whose Authentication-Results count.
-- reply_addresses: replies ask to be answered at name+TOKEN@domain. acknowledges: a first letter gets fixed
-- words that it came.
CREATE TABLE inbox_incoming (
    brand_id BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    authserv_id TEXT NOT NULL,
    reply_addresses BIGINT NOT NULL,
    acknowledges BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, inbox_id),
    FOREIGN KEY (brand_id, inbox_id) REFERENCES inbox (brand_id, id)
);

-- name+TOKEN@domain of a reply: of the token only the hash. It has no foreign key to its message, because the
-- bytes of a reply, which carry it, are written first.
CREATE TABLE reply_address (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    hash BYTEA NOT NULL,
    message_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, hash)
);
CREATE INDEX reply_address_message ON reply_address (brand_id, message_id);

-- Who a letter came from, by the word of the server that the inbox believes: '' nobody says, pass, fail, own (it
-- claims to be from an inbox of ours, and nobody vouches for that).
ALTER TABLE message ADD COLUMN auth TEXT NOT NULL DEFAULT '';

-- What a report (message_id, a letter) says of a reply of ours, recipient by recipient. reason: format/bounce.h.
CREATE TABLE bounce (
    brand_id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    reply_id BIGINT NOT NULL,
    recipient TEXT NOT NULL,
    reason TEXT NOT NULL,
    status TEXT NOT NULL,
    code BIGINT NOT NULL,
    says TEXT NOT NULL,
    is_delayed BIGINT NOT NULL,
    is_hard BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, message_id, position),
    FOREIGN KEY (brand_id, message_id) REFERENCES message (brand_id, id)
);

-- The one mail that says "we have it" to a first letter. address_hash: of the mailbox it goes to, so that none gets
-- a second one within a day. state: due, sent, skipped, failed.
CREATE TABLE acknowledgement (
    brand_id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    address_hash TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, conversation_id),
    FOREIGN KEY (brand_id, conversation_id) REFERENCES conversation (brand_id, id)
);
CREATE INDEX acknowledgement_address ON acknowledgement (brand_id, address_hash, created_at);
CREATE INDEX acknowledgement_day ON acknowledgement (brand_id, created_at);
