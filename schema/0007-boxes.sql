-- What is packed and sent, and what there is to pack.

-- The last box number of a brand.
CREATE TABLE box_number (
    brand_id BIGINT NOT NULL PRIMARY KEY REFERENCES brand (id),
    last BIGINT NOT NULL
);

-- Who carries boxes. url: where one sees how far a box is, with {tracking} where its number goes; '' for nowhere.
CREATE TABLE carrier (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id)
);
CREATE UNIQUE INDEX carrier_name ON carrier (brand_id, name);

-- How it stands. number: 1, 2, 3 ... within the brand. address: at most 12 lines, '' while it is not known.
-- letter: the text of the letter that is printed; message_id: the reply it prints, 0 for none of ours.
-- agent_id: who made it, and signs. state: proposed, to_pick, packed, sent, arrived, came_back, lost, cancelled.
-- carrier: its name. due_day: 20261204, when it should have arrived, 0 while nobody knows. promise_id: what it
-- keeps, 0 for none. follow_at: when the conversation comes back to its agent, 0 for no more.
-- key_hash: of who made it and their idempotency key, '' without one; body_hash: of what was asked under it.
-- version: how many steps it has.
CREATE TABLE box (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    address TEXT NOT NULL,
    country TEXT NOT NULL,
    language TEXT NOT NULL,
    letter TEXT NOT NULL,
    message_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    state TEXT NOT NULL,
    carrier TEXT NOT NULL,
    tracking TEXT NOT NULL,
    due_day BIGINT NOT NULL,
    promise_id BIGINT NOT NULL,
    follow_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    packed_at BIGINT NOT NULL,
    sent_at BIGINT NOT NULL,
    settled_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    key_hash TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    PRIMARY KEY (brand_id, id),
    FOREIGN KEY (brand_id, conversation_id) REFERENCES conversation (brand_id, id)
);
CREATE UNIQUE INDEX box_by_number ON box (brand_id, number);
CREATE UNIQUE INDEX box_key ON box (brand_id, key_hash) WHERE key_hash <> '';
CREATE INDEX box_conversation ON box (brand_id, conversation_id, id);
CREATE INDEX box_state ON box (brand_id, state, id);
CREATE INDEX box_settled ON box (brand_id, state, settled_at, id);
CREATE INDEX box_due ON box (brand_id, due_day, id) WHERE state = 'sent';
CREATE INDEX box_tracking ON box (brand_id, tracking) WHERE tracking <> '';
CREATE INDEX box_promise ON box (brand_id, promise_id) WHERE promise_id > 0;

-- What is in it. item_kind: product, figure, part, or '' for what no catalogue names. gesture_id: what gave it,
-- 0 for none. counted: the stock counts this item; then it is reserved at one place, or not at all (reserved 0).
-- What comes from two places stands in two rows. short: it waits for stock. picked: how many lie in the box.
CREATE TABLE box_item (
    brand_id BIGINT NOT NULL,
    box_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    gesture_id BIGINT NOT NULL,
    item_kind TEXT NOT NULL,
    item_code TEXT NOT NULL,
    colour TEXT NOT NULL,
    item_name TEXT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    counted BIGINT NOT NULL,
    short BIGINT NOT NULL,
    reserved BIGINT NOT NULL CHECK (reserved >= 0 AND reserved <= quantity),
    picked BIGINT NOT NULL CHECK (picked >= 0 AND picked <= quantity),
    place TEXT NOT NULL,
    PRIMARY KEY (brand_id, box_id, position),
    FOREIGN KEY (brand_id, box_id) REFERENCES box (brand_id, id)
);
CREATE INDEX box_item_gesture ON box_item (brand_id, gesture_id) WHERE gesture_id > 0;
CREATE INDEX box_item_short ON box_item (brand_id, item_kind, item_code, colour, box_id) WHERE short = 1;
CREATE INDEX box_item_reserved ON box_item (brand_id, item_kind, item_code, colour, place, box_id)
    WHERE reserved > 0;

-- What became of it, never changed but for words that are deleted.
CREATE TABLE box_step (
    brand_id BIGINT NOT NULL,
    box_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    step TEXT NOT NULL,
    note TEXT NOT NULL,
    agent_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, box_id, position),
    FOREIGN KEY (brand_id, box_id) REFERENCES box (brand_id, id)
);

-- What lies where. An item without a row is not counted, and always there. reserved: of on_hand, for boxes that
-- are not packed. expected_day, expected: when more of it comes, and how much; 0 while nobody knows. words: place,
-- code and name in lower case, to be found by.
CREATE TABLE stock (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    kind TEXT NOT NULL,
    code TEXT NOT NULL,
    colour TEXT NOT NULL,
    place TEXT NOT NULL,
    name TEXT NOT NULL,
    on_hand BIGINT NOT NULL CHECK (on_hand >= 0),
    reserved BIGINT NOT NULL CHECK (reserved >= 0),
    expected_day BIGINT NOT NULL,
    expected BIGINT NOT NULL CHECK (expected >= 0),
    words TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, kind, code, colour, place),
    CHECK (reserved <= on_hand)
);
CREATE INDEX stock_place ON stock (brand_id, place, kind, code, colour);

-- Every change of on_hand, never changed itself. move: received, counted, corrected, imported, packed, put_back.
-- quantity: by how much; on_hand: how many there were then.
CREATE TABLE stock_move (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    code TEXT NOT NULL,
    colour TEXT NOT NULL,
    place TEXT NOT NULL,
    move TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    on_hand BIGINT NOT NULL,
    reason TEXT NOT NULL,
    box_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id)
);
CREATE INDEX stock_move_item ON stock_move (brand_id, kind, code, colour, id);
