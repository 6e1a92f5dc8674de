-- What we said will happen, and what customers promised us.

-- How it stands. whose: ours, theirs. message_id: where it was said; of ours 0 when it was added by hand.
-- due_day: 20261204, a day of the brand's calendar, 0 where there is none (theirs only); due_at: the end of that
-- day in the brand's zone, made anew for open ones when that zone changes.
-- rise_at: for the list of what is due: due_at, or warned_at when we know before that it will be late.
-- warned_at, warned_day: when that was said, and the day it would come instead; 0 where nobody said so.
-- state: open, kept, broken, released. proof_kind: '', message, box, incident.
-- agreed: of theirs, whether it may be shown outside its conversation. steps: how many it has.
CREATE TABLE promise (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    whose TEXT NOT NULL,
    text TEXT NOT NULL,
    due_day BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    rise_at BIGINT NOT NULL,
    warned_at BIGINT NOT NULL,
    warned_day BIGINT NOT NULL,
    state TEXT NOT NULL,
    proof_kind TEXT NOT NULL,
    proof_id BIGINT NOT NULL,
    agreed BIGINT NOT NULL,
    steps BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    settled_at BIGINT NOT NULL,
    settled_by BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id),
    FOREIGN KEY (brand_id, conversation_id) REFERENCES conversation (brand_id, id)
);
CREATE INDEX promise_rising ON promise (brand_id, rise_at, id) WHERE state = 'open' AND whose = 'ours';
CREATE INDEX promise_settled ON promise (brand_id, state, settled_at, id) WHERE whose = 'ours';
CREATE INDEX promise_conversation ON promise (brand_id, conversation_id, id);
CREATE INDEX promise_customer ON promise (brand_id, customer_id, id);
CREATE INDEX promise_message ON promise (brand_id, message_id, id) WHERE message_id > 0;
CREATE INDEX promise_due_day ON promise (brand_id, due_day) WHERE state = 'open';

-- What became of it, never changed. step: made, moved, warned, kept, broken, released, reopened, agreed, disagreed.
-- from_day, to_day: of made, moved and warned. note: the fact why, in a person's words.
CREATE TABLE promise_step (
    brand_id BIGINT NOT NULL,
    promise_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    step TEXT NOT NULL,
    from_day BIGINT NOT NULL,
    to_day BIGINT NOT NULL,
    proof_kind TEXT NOT NULL,
    proof_id BIGINT NOT NULL,
    note TEXT NOT NULL,
    agent_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, promise_id, position),
    FOREIGN KEY (brand_id, promise_id) REFERENCES promise (brand_id, id)
);
