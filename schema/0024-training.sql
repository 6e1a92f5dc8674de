-- The practice room: replies that are sent to nobody, what mentors note beside them, applicants who are let in for a
-- while, and who may see what somebody wrote.

-- Somebody who is not one of us, with a link. hash: of the link; the link itself is kept nowhere. by_name: who let them
-- in, and reads what they write. ended_at: the link was ended, or they deleted everything.
CREATE TABLE applicant (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    hash BYTEA NOT NULL,
    agent_id BIGINT NOT NULL,
    by_name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id)
);
CREATE INDEX applicant_by_hash ON applicant (hash);

-- A reply to a practice letter, of an agent or an applicant (the other id is 0). letter: "demo-" and its name, or
-- "past-" and message_id, the letter behind the masked one. done_at: when they said that it is done, and saw what was
-- answered then.
CREATE TABLE practice (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    applicant_id BIGINT NOT NULL,
    letter TEXT NOT NULL,
    message_id BIGINT NOT NULL,
    text TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    done_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id)
);
CREATE UNIQUE INDEX practice_whose ON practice (brand_id, agent_id, applicant_id, letter);
CREATE INDEX practice_message ON practice (brand_id, message_id) WHERE message_id > 0;

-- A note in the margin. quote: the words it is about, '' the whole.
CREATE TABLE practice_note (
    brand_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    practice_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    by_name TEXT NOT NULL,
    quote TEXT NOT NULL,
    note TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id),
    FOREIGN KEY (brand_id, practice_id) REFERENCES practice (brand_id, id)
);
CREATE INDEX practice_note_of ON practice_note (brand_id, practice_id, id);

-- Whom an agent shows what they practise: their choice, nobody else's.
CREATE TABLE practice_reader (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    agent_id BIGINT NOT NULL,
    reader_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, agent_id, reader_id)
);

-- Weeks whose letters were told of by mail. week: its Monday, such as 20261116.
CREATE TABLE practice_digest (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    week BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, week)
);
