-- Conversations that people merged, split and moved, and everything that is needed to undo it exactly.

-- merged_into: the conversation that all of this one went into; this one is then a signpost to it, done, with
-- closed_kind 4, and nothing is written into it any more. 0: it stands for itself.
ALTER TABLE conversation ADD COLUMN merged_into BIGINT NOT NULL DEFAULT 0;
CREATE INDEX conversation_signpost ON conversation (brand_id, merged_into) WHERE merged_into > 0;

-- One thing that a person did. kind: merge (from_id went into to_id), split (messages of from_id became to_id),
-- move (to another inbox; both ids the same), forward (a letter that a colleague forwarded became its writer's;
-- to_id: where that letter stands now). from_number, to_number: as conversations are called.
-- about: of a move the two addresses, of a forward who forwarded. undone_at 0: it stands.
CREATE TABLE merge_operation (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    agent_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    from_id BIGINT NOT NULL,
    to_id BIGINT NOT NULL,
    from_number BIGINT NOT NULL,
    to_number BIGINT NOT NULL,
    about TEXT NOT NULL,
    undone_at BIGINT NOT NULL,
    undone_by BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id)
);
CREATE INDEX merge_operation_from ON merge_operation (brand_id, from_id, id);
CREATE INDEX merge_operation_to ON merge_operation (brand_id, to_id, id);

-- A conversation's own row before (moment 0) and after (moment 1) an operation. Columns as there.
CREATE TABLE merge_state (
    brand_id BIGINT NOT NULL,
    operation_id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    moment BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    subject TEXT NOT NULL,
    snippet TEXT NOT NULL,
    state TEXT NOT NULL,
    waiting_since BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    closed_kind BIGINT NOT NULL,
    closed_reason TEXT NOT NULL,
    closed_at BIGINT NOT NULL,
    closed_by BIGINT NOT NULL,
    related_id BIGINT NOT NULL,
    merged_into BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, operation_id, conversation_id, moment),
    FOREIGN KEY (brand_id, operation_id) REFERENCES merge_operation (brand_id, id)
);
CREATE INDEX merge_state_conversation ON merge_state (brand_id, conversation_id);

-- One row that was moved or changed. sort: the table it stands in, or what was done to it (store/merge.h).
-- row_id, also_id: its key beside the brand, or what stood there before.
CREATE TABLE merge_row (
    brand_id BIGINT NOT NULL,
    operation_id BIGINT NOT NULL,
    sort TEXT NOT NULL,
    row_id BIGINT NOT NULL,
    also_id BIGINT NOT NULL,
    PRIMARY KEY (brand_id, operation_id, sort, row_id, also_id),
    FOREIGN KEY (brand_id, operation_id) REFERENCES merge_operation (brand_id, id)
);
CREATE INDEX merge_row_of ON merge_row (brand_id, row_id, sort);

-- Which rows of a sort a conversation had after the operation, as a hash of their keys: what came or went since
-- makes it impossible to undo.
CREATE TABLE merge_set (
    brand_id BIGINT NOT NULL,
    operation_id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    sort TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (brand_id, operation_id, conversation_id, sort),
    FOREIGN KEY (brand_id, operation_id) REFERENCES merge_operation (brand_id, id)
);

-- What was said about a child there before. had 0: nothing was. after_version: of the row the operation wrote.
CREATE TABLE merge_child (
    brand_id BIGINT NOT NULL,
    operation_id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    had BIGINT NOT NULL,
    state TEXT NOT NULL,
    agent_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    settled_at BIGINT NOT NULL,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    country TEXT NOT NULL,
    keep_memory BIGINT NOT NULL,
    forget_at BIGINT NOT NULL,
    forgotten_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    after_version BIGINT NOT NULL,
    PRIMARY KEY (brand_id, operation_id, conversation_id),
    FOREIGN KEY (brand_id, operation_id) REFERENCES merge_operation (brand_id, id)
);

-- A draft that another one of the same agent was put below: as it was, and as it was then.
CREATE TABLE merge_draft (
    brand_id BIGINT NOT NULL,
    operation_id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    after_text TEXT NOT NULL,
    PRIMARY KEY (brand_id, operation_id, conversation_id, agent_id),
    FOREIGN KEY (brand_id, operation_id) REFERENCES merge_operation (brand_id, id)
);
