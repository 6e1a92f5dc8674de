-- A brand's own world: who speaks, what is true there, which words it uses, and how its printed letters look.

-- Somebody the brand lets speak. who: who they are; speaks: how they speak; may: what they may say.
-- sign_off: put under a letter of theirs when the agent asks for it. everyone: whoever answers may speak as them,
-- else those in persona_agent.
CREATE TABLE persona (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    who TEXT NOT NULL,
    speaks TEXT NOT NULL,
    may TEXT NOT NULL,
    sign_off TEXT NOT NULL,
    everyone BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    retired_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id)
);

CREATE TABLE persona_agent (
    brand_id BIGINT NOT NULL,
    persona_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    PRIMARY KEY (brand_id, persona_id, agent_id),
    FOREIGN KEY (brand_id, persona_id) REFERENCES persona (brand_id, id),
    FOREIGN KEY (brand_id, agent_id) REFERENCES agent (brand_id, id)
);

-- What is true in the world of the brand. Same columns as framework and fact.
CREATE TABLE world_note (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    agent_id BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    retired_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id)
);

-- Words we use (avoid 0) and words we avoid (avoid 1). folded: its words as letters are compared, one blank between.
CREATE TABLE world_word (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    folded TEXT NOT NULL,
    word TEXT NOT NULL,
    avoid BIGINT NOT NULL,
    instead TEXT NOT NULL,
    why TEXT NOT NULL,
    agent_id BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, folded)
);

-- Ends of letters that everybody in the brand may use; an agent's own stands in signing.
CREATE TABLE sign_off (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    id BIGINT NOT NULL,
    text TEXT NOT NULL,
    agent_id BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id)
);

-- The printed letter's look. brand_line: '' is the brand's name. paper, label: as src/print names them.
-- mark: a PNG, empty for none.
CREATE TABLE look (
    brand_id BIGINT NOT NULL PRIMARY KEY REFERENCES brand (id),
    brand_line TEXT NOT NULL,
    sender TEXT NOT NULL,
    foot TEXT NOT NULL,
    accent BIGINT NOT NULL,
    sans BIGINT NOT NULL,
    paper TEXT NOT NULL,
    label TEXT NOT NULL,
    sign_off TEXT NOT NULL,
    mark BYTEA NOT NULL,
    agent_id BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- How one agent signs. role: the small line below the name. picture: a PNG of the signature, empty for none.
CREATE TABLE signing (
    brand_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    role TEXT NOT NULL,
    sign_off TEXT NOT NULL,
    picture BYTEA NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, agent_id),
    FOREIGN KEY (brand_id, agent_id) REFERENCES agent (brand_id, id)
);
