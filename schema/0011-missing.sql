-- Missing pieces: what products are made of, and the private pages of those who asked.

-- A colour of the catalogue's pieces. rgb: "c9a23a", '' unknown. clear: one can see through it.
CREATE TABLE catalogue_colour (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    rgb TEXT NOT NULL,
    clear BIGINT NOT NULL,
    PRIMARY KEY (brand_id, code)
);

-- The pieces of a product or figure, all in one row: a set may have 1,500 of them and is always read as a whole.
-- lots: format/lots.h. n: how many lots. source: a number made from what the import said, before pieces that are
-- not made any more were added to it.
CREATE TABLE catalogue_pieces (
    brand_id BIGINT NOT NULL,
    holder_id BIGINT NOT NULL,
    n BIGINT NOT NULL,
    source BIGINT NOT NULL,
    lots BYTEA NOT NULL,
    PRIMARY KEY (brand_id, holder_id)
);

-- A link to a conversation's private page. hash: of the link; the link itself is kept nowhere. agent_id: who made
-- it, 0 the desk itself.
CREATE TABLE track (
    brand_id BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, hash),
    FOREIGN KEY (brand_id, conversation_id) REFERENCES conversation (brand_id, id)
);
CREATE INDEX track_by_hash ON track (hash);
CREATE INDEX track_conversation ON track (brand_id, conversation_id, id);

-- The one mail that says "we have it", for a conversation that began on the page. address_hash: of the address it
-- goes to. state: due, sent, kept (in a folder of this machine), failed.
CREATE TABLE missing_mail (
    brand_id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    address_hash TEXT NOT NULL,
    language TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, conversation_id),
    FOREIGN KEY (brand_id, conversation_id) REFERENCES conversation (brand_id, id)
);
CREATE INDEX missing_mail_address ON missing_mail (brand_id, address_hash, created_at);
CREATE INDEX missing_mail_day ON missing_mail (brand_id, created_at);
