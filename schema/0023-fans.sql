-- What became of letters: who came back, who bought again, how long people waited, who is still with us. What is counted
-- here can be made anew from what stands elsewhere (desk/fans.h), but purchases, answers, followers and what people chose.

-- Below fan_mark.generation it is counted again; every change of the row says 0.
ALTER TABLE conversation ADD COLUMN counted BIGINT NOT NULL DEFAULT 0;
CREATE INDEX conversation_counted ON conversation (brand_id, counted, id);

-- How far the counting is. zone, quiet_days: with which it was done. counted_at: when nothing was left to count.
-- drawn_day: the day on which fan_curve was drawn.
CREATE TABLE fan_mark (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    generation BIGINT NOT NULL,
    zone TEXT NOT NULL,
    quiet_days BIGINT NOT NULL,
    counted_at BIGINT NOT NULL,
    drawn_day BIGINT NOT NULL,
    PRIMARY KEY (brand_id)
);

-- kind: return (somebody came back; subject: the conversation they began), purchase (they bought again; subject: the
-- purchase, conversation: the one we answered before). agent_id: whose reply came last before it. what: of a return what
-- for: ask, trouble, thanks, other.
CREATE TABLE fan_sign (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    kind TEXT NOT NULL,
    subject_id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    what TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, kind, subject_id)
);
CREATE INDEX fan_sign_at ON fan_sign (brand_id, kind, at, subject_id);
CREATE INDEX fan_sign_agent ON fan_sign (brand_id, agent_id, kind, at, subject_id);
CREATE INDEX fan_sign_customer ON fan_sign (brand_id, customer_id);

-- What was said in a conversation in a week. week: its Monday in the brand's zone, as 20261116. first_ms: how long the
-- first answer was waited for, in the week in which it came; final_ms: from the first letter to the last reply of a
-- conversation that is done; -1 where there is none.
CREATE TABLE fan_talk (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    conversation_id BIGINT NOT NULL,
    week BIGINT NOT NULL,
    letters BIGINT NOT NULL,
    replies BIGINT NOT NULL,
    first_ms BIGINT NOT NULL,
    first_id BIGINT NOT NULL,
    final_ms BIGINT NOT NULL,
    final_id BIGINT NOT NULL,
    PRIMARY KEY (brand_id, conversation_id, week)
);
CREATE INDEX fan_talk_week ON fan_talk (brand_id, week, conversation_id, letters, replies, first_ms, final_ms);

-- A week's sums; stale: to be made anew. *_half, *_tenth: half of the people, and the slowest tenth, waited at least so
-- long; -1 where nobody was answered.
CREATE TABLE fan_week (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    week BIGINT NOT NULL,
    letters BIGINT NOT NULL,
    replies BIGINT NOT NULL,
    first_n BIGINT NOT NULL,
    first_half BIGINT NOT NULL,
    first_tenth BIGINT NOT NULL,
    final_n BIGINT NOT NULL,
    final_half BIGINT NOT NULL,
    final_tenth BIGINT NOT NULL,
    returns BIGINT NOT NULL,
    purchases BIGINT NOT NULL,
    stale BIGINT NOT NULL,
    PRIMARY KEY (brand_id, week)
);
CREATE INDEX fan_week_stale ON fan_week (brand_id, week) WHERE stale = 1;

-- A person's signs of life. person: the customer, or below 0 who only bought (from the hash of their address).
-- free_from, free_last: the first sign, and the last before a silence of quiet_days; free_until: when they had trouble,
-- 0 never. trouble_from: when that was answered; trouble_last: the last sign after it before such a silence.
CREATE TABLE fan_life (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    person BIGINT NOT NULL,
    free_from BIGINT NOT NULL,
    free_last BIGINT NOT NULL,
    free_until BIGINT NOT NULL,
    trouble_from BIGINT NOT NULL,
    trouble_last BIGINT NOT NULL,
    trouble_id BIGINT NOT NULL,
    PRIMARY KEY (brand_id, person)
);
CREATE INDEX fan_life_trouble ON fan_life (brand_id, trouble_from, person) WHERE trouble_from > 0;

-- Both curves, as drawn on fan_mark.drawn_day. trouble: 1 of those who had trouble. day: since it began. at_risk: how many
-- were watched then; gone: for how many the silence became quiet_days long that day.
CREATE TABLE fan_curve (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    trouble BIGINT NOT NULL,
    day BIGINT NOT NULL,
    at_risk BIGINT NOT NULL,
    gone BIGINT NOT NULL,
    PRIMARY KEY (brand_id, trouble, day)
);

-- Whom an agent lets see their page.
CREATE TABLE fan_share (
    brand_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    reader_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, agent_id, reader_id),
    FOREIGN KEY (brand_id, agent_id) REFERENCES agent (brand_id, id),
    FOREIGN KEY (brand_id, reader_id) REFERENCES agent (brand_id, id)
);
CREATE INDEX fan_share_reader ON fan_share (brand_id, reader_id, agent_id);

-- What was bought, as the shop says. number: the shop's. person: as in fan_life; no address is kept. amount: in the
-- currency's smallest unit, -1 unknown. source: file, api, hook.
CREATE TABLE purchase (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    id BIGINT NOT NULL,
    number TEXT NOT NULL,
    person BIGINT NOT NULL,
    bought_at BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    what TEXT NOT NULL,
    source TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id),
    UNIQUE (brand_id, number)
);
CREATE INDEX purchase_person ON purchase (brand_id, person, bought_at);
CREATE INDEX purchase_at ON purchase (brand_id, bought_at, id);

-- People whose signs of life are to be counted again although no conversation of theirs changed.
CREATE TABLE fan_again (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    person BIGINT NOT NULL,
    PRIMARY KEY (brand_id, person)
);

-- The secret with which the shop signs what it tells us.
CREATE TABLE purchase_hook (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    secret TEXT NOT NULL,
    agent_id BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    told_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id)
);

-- The one question of an inbox. choices: at most six, one a line; '' words only. looked_at: conversations done until then
-- were looked at.
CREATE TABLE survey (
    brand_id BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    asks BIGINT NOT NULL,
    question TEXT NOT NULL,
    choices TEXT NOT NULL,
    after_days BIGINT NOT NULL,
    pause_months BIGINT NOT NULL,
    looked_at BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, inbox_id),
    FOREIGN KEY (brand_id, inbox_id) REFERENCES inbox (brand_id, id)
);

-- Who was asked. person: a hash of the mailbox, so that nobody is asked twice. hash: of the link's token, empty until it is
-- sent. state: due, sent, skipped, failed. agent_id: whose reply came last. question, choices: as they were asked.
-- chosen: the choice's own words, '' none.
CREATE TABLE survey_ask (
    brand_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    person TEXT NOT NULL,
    hash BYTEA NOT NULL,
    state TEXT NOT NULL,
    question TEXT NOT NULL,
    choices TEXT NOT NULL,
    words TEXT NOT NULL,
    chosen TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    answered_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id),
    FOREIGN KEY (brand_id, conversation_id) REFERENCES conversation (brand_id, id)
);
CREATE INDEX survey_ask_hash ON survey_ask (hash);
CREATE INDEX survey_ask_person ON survey_ask (brand_id, person, created_at);
CREATE INDEX survey_ask_conversation ON survey_ask (brand_id, conversation_id, id);
CREATE INDEX survey_ask_answered ON survey_ask (brand_id, answered_at, id) WHERE answered_at > 0;
CREATE INDEX survey_ask_agent ON survey_ask (brand_id, agent_id, answered_at, id) WHERE answered_at > 0;

-- How many follow us somewhere. day: 20261122. agent_id 0: the network said so.
CREATE TABLE follower (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    network TEXT NOT NULL,
    day BIGINT NOT NULL,
    n BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, network, day)
);
