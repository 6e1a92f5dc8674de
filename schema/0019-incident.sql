-- Incidents: one cause, now, that makes many people write. Proposed by the desk or opened by hand.

-- state: proposed, open, over, dismissed, merged (into merged_into). began_at: when the first letter of it came.
-- opened_by 0: nobody opened it yet. proposed_at 0: by hand. product: in the words of whoever named it, or of the
-- catalogue. note: why it was dismissed, or what came of it. quiet_until: of a dismissed one; until then the same words
-- propose nothing new.
CREATE TABLE incident (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    id BIGINT NOT NULL,
    state TEXT NOT NULL,
    title TEXT NOT NULL,
    began_at BIGINT NOT NULL,
    proposed_at BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    opened_by BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    ended_by BIGINT NOT NULL,
    note TEXT NOT NULL,
    quiet_until BIGINT NOT NULL,
    merged_into BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id)
);
CREATE INDEX incident_state ON incident (brand_id, state, id);

-- Why: words that its letters share. key: of the words, for the watch (letter/burst.h). customers: how many used them
-- in window_ms before at; expected: how many the history leads to expect then, times 1000; chance: of so many or more by
-- chance, times 10^12, rounded up. weight: times 1000, of a letter that joins by them.
CREATE TABLE incident_word (
    brand_id BIGINT NOT NULL,
    incident_id BIGINT NOT NULL,
    key BIGINT NOT NULL,
    words TEXT NOT NULL,
    customers BIGINT NOT NULL,
    expected BIGINT NOT NULL,
    chance BIGINT NOT NULL,
    window_ms BIGINT NOT NULL,
    weight BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, incident_id, key),
    FOREIGN KEY (brand_id, incident_id) REFERENCES incident (brand_id, id)
);

-- state: proposed, in, out. message_id: the letter that spoke for it, or the last one when a person took it in.
-- why: the words it shares, parted by ", "; agent_id 0: the desk proposed it.
CREATE TABLE incident_conversation (
    brand_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    incident_id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    state TEXT NOT NULL,
    why TEXT NOT NULL,
    at BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id),
    UNIQUE (brand_id, incident_id, conversation_id),
    FOREIGN KEY (brand_id, incident_id) REFERENCES incident (brand_id, id),
    FOREIGN KEY (brand_id, conversation_id) REFERENCES conversation (brand_id, id)
);
CREATE INDEX incident_conversation_of ON incident_conversation (brand_id, conversation_id, incident_id);
CREATE INDEX incident_conversation_state ON incident_conversation (brand_id, incident_id, state, id);

-- Letters that were listened to and that the watch has not counted yet.
CREATE TABLE watch_letter (
    brand_id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    PRIMARY KEY (brand_id, message_id)
);
