-- What we do for customers beyond words, the normal answers, and the leeway to depart from them.
-- Money is whole numbers of the currency's smallest unit, beside its ISO 4217 code.

-- The normal answer. situation: lost, missing, broken, late, wrong, outage, charge, other.
-- What it concerns: item_kind product, figure, part or '' for anything; item_code one item of that kind, or ''.
-- answer: replacement, part, refund, voucher, extra, ask_payment, none.
-- amount: of ask_payment what we ask; else the most that one conversation may cost, 0 for no limit.
-- quantity: the most in one conversation. A change retires the row and makes another, so that a gesture goes on
-- pointing to what was in force.
CREATE TABLE policy (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    id BIGINT NOT NULL,
    situation TEXT NOT NULL,
    item_kind TEXT NOT NULL,
    item_code TEXT NOT NULL,
    item_name TEXT NOT NULL,
    answer TEXT NOT NULL,
    amount BIGINT NOT NULL,
    quantity BIGINT NOT NULL,
    hint TEXT NOT NULL,
    agent_id BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    retired_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id)
);
CREATE UNIQUE INDEX policy_live ON policy (brand_id, situation, item_kind, item_code) WHERE retired_at = 0;

-- What may be given outside policy in a month: of a role (agent_id 0), or of one agent (role '').
CREATE TABLE allowance (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    role TEXT NOT NULL,
    agent_id BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    updated_by BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, role, agent_id)
);

-- What of it is spent. month: 202611, in the brand's time zone.
CREATE TABLE allowance_used (
    brand_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    month BIGINT NOT NULL,
    currency TEXT NOT NULL,
    used BIGINT NOT NULL,
    PRIMARY KEY (brand_id, agent_id, month, currency)
);

-- Never changed once written. kind: replacement, part, refund, voucher, extra. cost: of all of it together.
-- policy_id 0: outside policy, because of `judgement`. month: whose allowance paid for it, 0 where none did.
-- key_hash: of the agent and their idempotency key; body_hash: of what was asked under it.
CREATE TABLE gesture (
    brand_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    situation TEXT NOT NULL,
    item_kind TEXT NOT NULL,
    item_code TEXT NOT NULL,
    item_name TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    cost BIGINT NOT NULL,
    currency TEXT NOT NULL,
    policy_id BIGINT NOT NULL,
    month BIGINT NOT NULL,
    judgement TEXT NOT NULL,
    key_hash TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id),
    FOREIGN KEY (brand_id, conversation_id) REFERENCES conversation (brand_id, id),
    FOREIGN KEY (brand_id, agent_id) REFERENCES agent (brand_id, id)
);
CREATE UNIQUE INDEX gesture_key ON gesture (brand_id, key_hash);
CREATE INDEX gesture_conversation ON gesture (brand_id, conversation_id, id);
CREATE INDEX gesture_customer ON gesture (brand_id, customer_id, id);
CREATE INDEX gesture_item ON gesture (brand_id, item_kind, item_code, id);
CREATE INDEX gesture_judged ON gesture (brand_id, id) WHERE policy_id = 0;
CREATE INDEX gesture_judged_at ON gesture (brand_id, at) WHERE policy_id = 0;
CREATE INDEX gesture_judged_by ON gesture (brand_id, agent_id, id) WHERE policy_id = 0;

-- What became of it; the last one is how it stands. step: given, asked, confirmed, declined, withdrawn.
CREATE TABLE gesture_step (
    brand_id BIGINT NOT NULL,
    gesture_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    step TEXT NOT NULL,
    agent_id BIGINT NOT NULL,
    note TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, gesture_id, position),
    FOREIGN KEY (brand_id, gesture_id) REFERENCES gesture (brand_id, id)
);
CREATE INDEX gesture_step_asked ON gesture_step (brand_id, gesture_id) WHERE step = 'asked';

-- What was said of a judgement, between leads and the agent who made it. well: 1 for "well judged".
CREATE TABLE judgement_note (
    brand_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    gesture_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    well BIGINT NOT NULL,
    note TEXT NOT NULL,
    suggestion TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id),
    FOREIGN KEY (brand_id, gesture_id) REFERENCES gesture (brand_id, id)
);
CREATE INDEX judgement_note_gesture ON judgement_note (brand_id, gesture_id, id);
