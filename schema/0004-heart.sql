-- What was heard in a letter: language, sort, whether a child wrote, and the findings as JSON (store/finding.h).
-- catalogue_version: of the brand's catalogue then; an older one is listened to again when looked at.
CREATE TABLE listening (
    brand_id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    catalogue_version BIGINT NOT NULL,
    heard TEXT NOT NULL,
    PRIMARY KEY (brand_id, message_id),
    FOREIGN KEY (brand_id, message_id) REFERENCES message (brand_id, id)
);

-- What people put right. id: of the finding, made from its kind, place and found value (0 places: From, subject).
-- state: struck, corrected, added. found_value: before the correction.
CREATE TABLE correction (
    brand_id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    start_at BIGINT NOT NULL,
    end_at BIGINT NOT NULL,
    state TEXT NOT NULL,
    found_value TEXT NOT NULL,
    value TEXT NOT NULL,
    agent_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, message_id, id),
    FOREIGN KEY (brand_id, message_id) REFERENCES message (brand_id, id)
);

-- Replies that the index of what was said knows, and from which file (near/) on it surely holds them.
CREATE TABLE learned (
    brand_id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    PRIMARY KEY (brand_id, message_id)
);
CREATE INDEX learned_generation ON learned (brand_id, generation, message_id);

-- A reply that went out although the check said stop. kinds: of the remarks, parted by spaces.
CREATE TABLE override (
    brand_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    kinds TEXT NOT NULL,
    because TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id)
);
CREATE INDEX override_conversation ON override (brand_id, conversation_id, id);

-- An outline for answers: steps, facts, and places to fill in one's own words ([[ ... ]]).
CREATE TABLE framework (
    brand_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    agent_id BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    retired_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id)
);

-- A piece of text that is right word for word: a link, steps, a legal text. The check lets it pass.
CREATE TABLE fact (
    brand_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    agent_id BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    retired_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id)
);

-- Phrases of the brand. state: learned (stock, by counting), added (stock, by a person), allowed.
CREATE TABLE phrase (
    brand_id BIGINT NOT NULL,
    phrase TEXT NOT NULL,
    state TEXT NOT NULL,
    customers BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, phrase)
);

-- Replies that leads hold up as the brand's voice.
CREATE TABLE approved (
    brand_id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, message_id),
    FOREIGN KEY (brand_id, message_id) REFERENCES message (brand_id, id)
);
