-- What came, byte for byte, and what went out. A letter's raw row is committed before we say yes.
-- bytes is NULL when an object in the data folder holds them, and hash is its name; else hash is ''.
-- state: new, read, unreadable, duplicate (message_id is then the first one's), out.
CREATE TABLE raw (
    brand_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    state TEXT NOT NULL,
    mail_from TEXT NOT NULL,
    rcpt TEXT NOT NULL,
    size BIGINT NOT NULL,
    hash TEXT NOT NULL,
    bytes BYTEA,
    message_id BIGINT NOT NULL,
    problem TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id)
);

-- Jobs of the kind read that have not failed yet; the first failure moves one to `job`. id: the letter's.
-- Every letter writes one of these before it has its 250: a small row at the end of one tree, where a row of
-- `job` lands in three. Letters are read in the order they came, whatever their brand.
CREATE TABLE unread (
    brand_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    run_at BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id)
);
