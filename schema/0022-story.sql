-- Thanks and praise that letters and mentions hold, the stories among them, and what their writers said to showing
-- them.

-- A letter (or a public post) that thanks, praises or tells, as listening and people say. kinds: 1 thanks, 2 praise,
-- 4 tells a story or others, added up. agent_id: whose reply it answers, else who holds the conversation; 0 nobody.
-- at: when it was said. Only with the words of the letter: it goes when they go.
CREATE TABLE story_praise (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    message_id BIGINT NOT NULL,
    kinds BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, message_id),
    FOREIGN KEY (brand_id, message_id) REFERENCES message (brand_id, id)
);
CREATE INDEX story_praise_at ON story_praise (brand_id, at, message_id);
CREATE INDEX story_praise_agent ON story_praise (brand_id, agent_id, at);

-- One we may show, with consent. state: found, aside, asked, yes, no, withdrawn. kept_by: the agent who kept it by
-- hand; 0 listening did. quote: what would be shown, shortened with an ellipsis only; '' nothing chosen yet. reach: how
-- many people it may have come to, -1 unknown; reach_how: followers (of the post's author, at that time) or hand, '' while
-- unknown. ask_id: the last question. version counts what people change.
CREATE TABLE story (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    state TEXT NOT NULL,
    kept_by BIGINT NOT NULL,
    quote TEXT NOT NULL,
    reach BIGINT NOT NULL,
    reach_how TEXT NOT NULL,
    reach_by BIGINT NOT NULL,
    ask_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id),
    UNIQUE (brand_id, message_id),
    FOREIGN KEY (brand_id, message_id) REFERENCES message (brand_id, id)
);
CREATE INDEX story_state ON story (brand_id, state, id);

-- A question, and what was said to it. hash: of the link's token, which is kept nowhere else but in the letter that
-- carries it; message_id: that letter, 0 until it was sent (until then the link does not work). grown_up: a child wrote,
-- and a grown-up is asked. quote: the words as they were shown to who answered; '' once they said no or took it back.
-- answer: '', full, first, nameless, no. name: as it is shown. wall, team, photos: what they agreed to. wording: which
-- version of the page's words they saw, in that language. withdrawn_by: '' not, link, desk.
CREATE TABLE story_ask (
    brand_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    story_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    message_id BIGINT NOT NULL,
    grown_up BIGINT NOT NULL,
    quote TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    answer TEXT NOT NULL,
    answered_at BIGINT NOT NULL,
    name TEXT NOT NULL,
    wall BIGINT NOT NULL,
    team BIGINT NOT NULL,
    photos BIGINT NOT NULL,
    wording BIGINT NOT NULL,
    language TEXT NOT NULL,
    withdrawn_at BIGINT NOT NULL,
    withdrawn_by TEXT NOT NULL,
    PRIMARY KEY (brand_id, id),
    FOREIGN KEY (brand_id, story_id) REFERENCES story (brand_id, id)
);
CREATE INDEX story_ask_hash ON story_ask (hash);
CREATE INDEX story_ask_story ON story_ask (brand_id, story_id, id);
