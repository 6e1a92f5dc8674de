-- Moving in and out: mail that was brought in, copies that were made, people who were forgotten.

-- How its bytes came: '' as a letter does; brought in: past (an older letter that waits for nobody), sent (a reply of
-- ours), brought (a letter that waits).
ALTER TABLE raw ADD COLUMN origin TEXT NOT NULL DEFAULT '';

-- What was brought in: the beginning of the hash of a mail's bytes. It stays when the words are deleted, so that the
-- same file does not bring them back.
CREATE TABLE imported (
    brand_id BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    hash TEXT NOT NULL,
    raw_id BIGINT NOT NULL,
    PRIMARY KEY (brand_id, inbox_id, hash),
    FOREIGN KEY (brand_id, inbox_id) REFERENCES inbox (brand_id, id)
);

-- How far the mails of a file or folder are. source: its path. contents: a hash of which mails there were, in which
-- order, and of how they were to be taken; done: how many of `total` were looked at.
CREATE TABLE import_run (
    brand_id BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    source TEXT NOT NULL,
    contents TEXT NOT NULL,
    done BIGINT NOT NULL,
    total BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    finished_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, inbox_id, source),
    FOREIGN KEY (brand_id, inbox_id) REFERENCES inbox (brand_id, id)
);

-- Copies of the whole desk that were made: what is deleted later stays in them. kind: backup, export.
CREATE TABLE copy_made (
    id BIGINT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    path TEXT NOT NULL,
    at BIGINT NOT NULL
);

-- People who were forgotten, without their name. keep_until: when what bookkeeping needs of gestures and boxes goes,
-- too; 0 where there was none. settled_at: when it went.
CREATE TABLE forgotten (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    customer_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    conversations BIGINT NOT NULL,
    messages BIGINT NOT NULL,
    keep_until BIGINT NOT NULL,
    settled_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, customer_id)
);
CREATE INDEX forgotten_due ON forgotten (brand_id, keep_until) WHERE settled_at = 0;
