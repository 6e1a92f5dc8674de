-- The room in which an incident is answered: who is there, what may be said, who holds whom, what was said.

-- The open (or past) incident that a conversation is in, 0 none: incident_conversation in short, so that whoever waits
-- longest in an incident is the first row of an index. Kept by store/incident.
ALTER TABLE conversation ADD COLUMN incident_id BIGINT NOT NULL DEFAULT 0;
CREATE INDEX conversation_incident ON conversation (brand_id, incident_id, state, waiting_since, id, channel)
    WHERE incident_id <> 0;

-- said: the highest serial of room_said. undone: how many of them were taken back, so that a copy in memory sees it.
-- fixed_at: since when people are owed a letter that it is fixed; fixed_says: what there is to tell them. learned: what
-- the team learned, for the review.
CREATE TABLE room (
    brand_id BIGINT NOT NULL,
    incident_id BIGINT NOT NULL,
    said BIGINT NOT NULL,
    undone BIGINT NOT NULL,
    fixed_at BIGINT NOT NULL,
    fixed_by BIGINT NOT NULL,
    fixed_says TEXT NOT NULL,
    learned TEXT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (brand_id, incident_id),
    FOREIGN KEY (brand_id, incident_id) REFERENCES incident (brand_id, id)
);

-- Who is or was in the room. role: coordinator, writer, status. says: what they are at, in their own words; away: 1
-- while they are not there ("Lunch until 12:15").
CREATE TABLE room_person (
    brand_id BIGINT NOT NULL,
    incident_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    role TEXT NOT NULL,
    says TEXT NOT NULL,
    away BIGINT NOT NULL,
    joined_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, incident_id, agent_id),
    FOREIGN KEY (brand_id, incident_id) REFERENCES incident (brand_id, id)
);

-- What everybody may state (kind say), or what nobody knows and nobody is to give a time for (kind unknown). owner_id:
-- who is to be asked again; good_ms: how long after checked_at it holds unseen. withdrawn_at: not 0 once it is not true.
CREATE TABLE room_fact (
    brand_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    incident_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    owner_id BIGINT NOT NULL,
    good_ms BIGINT NOT NULL,
    checked_at BIGINT NOT NULL,
    checked_by BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by BIGINT NOT NULL,
    withdrawn_at BIGINT NOT NULL,
    withdrawn_by BIGINT NOT NULL,
    withdrawn_why TEXT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id),
    FOREIGN KEY (brand_id, incident_id) REFERENCES incident (brand_id, id)
);
CREATE INDEX room_fact_of ON room_fact (brand_id, incident_id, id);

-- Who was told which fact, by which reply.
CREATE TABLE room_told (
    brand_id BIGINT NOT NULL,
    fact_id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    incident_id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, fact_id, message_id),
    FOREIGN KEY (brand_id, fact_id) REFERENCES room_fact (brand_id, id)
);
CREATE INDEX room_told_whom ON room_told (brand_id, incident_id, customer_id);
CREATE INDEX room_told_by ON room_told (brand_id, message_id);

-- A conversation that somebody holds. state: held; passed (agent_id is to take it, by_id gave it with the words in
-- note); snoozed (nobody gets it). It ends by itself at until_at.
CREATE TABLE room_claim (
    brand_id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    incident_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    state TEXT NOT NULL,
    by_id BIGINT NOT NULL,
    note TEXT NOT NULL,
    taken_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, conversation_id),
    FOREIGN KEY (brand_id, conversation_id) REFERENCES conversation (brand_id, id)
);
CREATE INDEX room_claim_of ON room_claim (brand_id, incident_id, agent_id);

-- Somebody left this one to the others: until then it is not given to them again while others wait.
CREATE TABLE room_skip (
    brand_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, agent_id, conversation_id),
    FOREIGN KEY (brand_id, conversation_id) REFERENCES conversation (brand_id, id)
);

-- Every reply of an incident, in the order in which it was announced. state: sending (announced: it is about to be
-- sent), said. words: its skeleton, as 32-bit words in the order of the machine, a 0 behind each sentence; derived from
-- the reply, empty once its words were deleted. waited_since: the conversation's before it, 0 when nobody waited.
CREATE TABLE room_said (
    brand_id BIGINT NOT NULL,
    incident_id BIGINT NOT NULL,
    serial BIGINT NOT NULL,
    state TEXT NOT NULL,
    message_id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    waited_since BIGINT NOT NULL,
    at BIGINT NOT NULL,
    words BYTEA NOT NULL,
    PRIMARY KEY (brand_id, incident_id, serial),
    FOREIGN KEY (brand_id, incident_id) REFERENCES incident (brand_id, id)
);
CREATE INDEX room_said_by ON room_said (brand_id, message_id);
CREATE INDEX room_said_at ON room_said (brand_id, incident_id, state, at);
CREATE INDEX room_said_to ON room_said (brand_id, conversation_id);

-- Who is owed a letter. kind: fixed (it is fixed), fact (fact_id, which they were told, no longer holds; else 0). One a
-- customer; done by the first reply to them since. dropped_why: why none is needed.
CREATE TABLE room_owed (
    brand_id BIGINT NOT NULL,
    incident_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    fact_id BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    since BIGINT NOT NULL,
    state TEXT NOT NULL,
    message_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    dropped_why TEXT NOT NULL,
    done_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, incident_id, kind, fact_id, customer_id),
    FOREIGN KEY (brand_id, conversation_id) REFERENCES conversation (brand_id, id)
);
CREATE INDEX room_owed_queue ON room_owed (brand_id, incident_id, state, since, conversation_id);
CREATE INDEX room_owed_of ON room_owed (brand_id, conversation_id, state);
CREATE INDEX room_owed_by ON room_owed (brand_id, message_id) WHERE message_id > 0;

-- What happened, written as it happens. kind: fact, fact_changed, withdrawn, role, note, handover, milestone, status,
-- fixed, learned. text: in a person's words; about_id: the fact, agent or reply it is about.
CREATE TABLE room_event (
    brand_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    incident_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    about_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id),
    FOREIGN KEY (brand_id, incident_id) REFERENCES incident (brand_id, id)
);
CREATE INDEX room_event_of ON room_event (brand_id, incident_id, id);
