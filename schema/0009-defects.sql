-- Back to the makers: what is wrong with products, counted; alarms; trials; what makers are told.

-- Something that letters say is wrong: a product, and the part of it ('' the product as a whole). Codes as in the
-- catalogue, or in the words of whoever recorded it first; names as they were then.
CREATE TABLE defect (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    id BIGINT NOT NULL,
    product_code TEXT NOT NULL,
    product_name TEXT NOT NULL,
    part_code TEXT NOT NULL,
    part_name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id),
    UNIQUE (brand_id, product_code, part_code)
);

-- One conversation that says so. symptom: broken, missing, wrong, other. words: the customer's, as they stand in
-- message_id at [start_at, end_at); without message 0, 0, 0. lot '' and packed_day 0 (else 20261204): not known.
-- came_at: when the letter came, came_day the same as days since 1970 UTC; that is what counts go by.
-- taken_back_at: it was recorded by mistake and does not count.
CREATE TABLE defect_case (
    brand_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    defect_id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    start_at BIGINT NOT NULL,
    end_at BIGINT NOT NULL,
    symptom TEXT NOT NULL,
    words TEXT NOT NULL,
    lot TEXT NOT NULL,
    packed_day BIGINT NOT NULL,
    came_at BIGINT NOT NULL,
    came_day BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    taken_back_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id),
    UNIQUE (brand_id, conversation_id, defect_id, symptom),
    FOREIGN KEY (brand_id, defect_id) REFERENCES defect (brand_id, id),
    FOREIGN KEY (brand_id, conversation_id) REFERENCES conversation (brand_id, id)
);
CREATE INDEX defect_case_days ON defect_case (brand_id, came_day, defect_id) WHERE taken_back_at = 0;
CREATE INDEX defect_case_letters ON defect_case (brand_id, defect_id, came_at, id);

-- month: 202611.
CREATE TABLE units_sold (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    product_code TEXT NOT NULL,
    month BIGINT NOT NULL,
    units BIGINT NOT NULL,
    PRIMARY KEY (brand_id, product_code, month)
);

-- More letters than a defect's own history explains. state: open, acknowledged, closed; one that is not closed for a
-- defect. days: 7 or 28, the window; from_day to to_day (days since 1970) held `seen` letters, `earlier` stood in the
-- history of earlier_days before it; expected: what that history leads to expect, times 1000; chance: of so many or
-- more by chance, times 10^12, rounded up; by_units: 1 when both were scaled by units sold.
CREATE TABLE defect_alarm (
    brand_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    defect_id BIGINT NOT NULL,
    state TEXT NOT NULL,
    days BIGINT NOT NULL,
    from_day BIGINT NOT NULL,
    to_day BIGINT NOT NULL,
    seen BIGINT NOT NULL,
    earlier BIGINT NOT NULL,
    earlier_days BIGINT NOT NULL,
    expected BIGINT NOT NULL,
    chance BIGINT NOT NULL,
    by_units BIGINT NOT NULL,
    note TEXT NOT NULL,
    agent_id BIGINT NOT NULL,
    raised_at BIGINT NOT NULL,
    acknowledged_at BIGINT NOT NULL,
    closed_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id),
    FOREIGN KEY (brand_id, defect_id) REFERENCES defect (brand_id, id)
);
CREATE UNIQUE INDEX defect_alarm_standing ON defect_alarm (brand_id, defect_id) WHERE state <> 'closed';
CREATE INDEX defect_alarm_of ON defect_alarm (brand_id, defect_id, id);

-- A test of ours that cases are taken into. ends_day: 20261204, when it is to end, 0 not said; ended_at: when a person
-- ended it and wrote down what came of it; ended_mark: an id made then, so that later messages have a higher one.
CREATE TABLE trial (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    about TEXT NOT NULL,
    defect_id BIGINT NOT NULL,
    ends_day BIGINT NOT NULL,
    result TEXT NOT NULL,
    agent_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    ended_by BIGINT NOT NULL,
    ended_mark BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id)
);
CREATE INDEX trial_running ON trial (brand_id, ended_at, id);

-- A customer whose case is in it; one letter each, in the conversation. skipped_at, skip_why: a person said why this
-- customer needs no letter. That a letter went out is not kept: it stands among the messages.
CREATE TABLE trial_case (
    brand_id BIGINT NOT NULL,
    trial_id BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    skipped_at BIGINT NOT NULL,
    skip_why TEXT NOT NULL,
    PRIMARY KEY (brand_id, trial_id, customer_id),
    FOREIGN KEY (brand_id, trial_id) REFERENCES trial (brand_id, id),
    FOREIGN KEY (brand_id, conversation_id) REFERENCES conversation (brand_id, id)
);
CREATE INDEX trial_case_conversation ON trial_case (brand_id, conversation_id, trial_id);

-- Where makers are told of alarms and trials. secret: for the signature; shown once.
CREATE TABLE maker_hook (
    brand_id BIGINT NOT NULL PRIMARY KEY REFERENCES brand (id),
    url TEXT NOT NULL,
    secret TEXT NOT NULL,
    agent_id BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- What they are told. event: alarm_raised, alarm_acknowledged, alarm_closed, trial_started, trial_ended, test; subject_id:
-- of the alarm or trial. The body is made when it is sent. state: waiting, sent, failed. says: what their server said.
CREATE TABLE maker_post (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    id BIGINT NOT NULL,
    event TEXT NOT NULL,
    subject_id BIGINT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    says TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id)
);

-- Letters that the index of letters knows, and from which file on it surely holds them; as `learned` is for replies.
CREATE TABLE learned_letter (
    brand_id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    PRIMARY KEY (brand_id, message_id)
);
CREATE INDEX learned_letter_generation ON learned_letter (brand_id, generation, message_id);
