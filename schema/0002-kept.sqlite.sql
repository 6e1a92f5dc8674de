-- What came, byte for byte, and what went out. A letter's raw row is committed before we say yes.
-- bytes is NULL when an object in the data folder holds them, and hash is its name; else hash is ''.
-- state: new, read, unreadable, duplicate (message_id is then the first one's), out.
-- The keys of these two tables are SQLite's own row ids, so that a letter that comes is written into one tree and
-- not into two. Ids are made by us and differ between brands, too, as message_words needs them to.
CREATE TABLE raw (
    brand_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    inbox_id INTEGER NOT NULL,
    state TEXT NOT NULL,
    mail_from TEXT NOT NULL,
    rcpt TEXT NOT NULL,
    size INTEGER NOT NULL,
    hash TEXT NOT NULL,
    bytes BLOB,
    message_id INTEGER NOT NULL,
    problem TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (id)
);

-- Jobs of the kind read that have not failed yet; the first failure moves one to `job`. id: the letter's.
-- Every letter writes one of these before it has its 250: a small row at the end of one tree, where a row of
-- `job` lands in three. Letters are read in the order they came, whatever their brand.
CREATE TABLE unread (
    brand_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    run_at INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    PRIMARY KEY (id)
);
