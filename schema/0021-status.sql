-- The public page that says what works, and who is told by mail.

-- Of a brand that has one. opened: 1 where everybody may read it. host: a name of the brand's own under which it
-- stands, too, '' none. contact: the address behind "Write to us", '' the first inbox. version: goes up with every
-- change of what the page shows.
CREATE TABLE status_page (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    opened BIGINT NOT NULL,
    host TEXT NOT NULL,
    contact TEXT NOT NULL,
    version BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id)
);
CREATE INDEX status_page_host ON status_page (host);

-- A thing people use. state: working, slow, partly, down, care. since: when it got that state. note: a few words
-- beside the state ("about an hour"). retired_at: not 0 once it is not shown any more.
CREATE TABLE status_component (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    note TEXT NOT NULL,
    state TEXT NOT NULL,
    since BIGINT NOT NULL,
    position BIGINT NOT NULL,
    retired_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id)
);

-- What a person said there. matter_id: the first update of the same matter. incident_id: 0 none. kind: trouble,
-- over, note. headline: '' where that of before still holds. next_at: "I will write here again by", 0 none.
-- mail: 1 where subscribers get it; mail_after: the last subscriber who was looked at; mail_done_at: all of them
-- were. send_key: of the form, '' none.
CREATE TABLE status_update (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    id BIGINT NOT NULL,
    matter_id BIGINT NOT NULL,
    incident_id BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    by_name TEXT NOT NULL,
    kind TEXT NOT NULL,
    headline TEXT NOT NULL,
    words TEXT NOT NULL,
    next_at BIGINT NOT NULL,
    mail BIGINT NOT NULL,
    mail_after BIGINT NOT NULL,
    mail_done_at BIGINT NOT NULL,
    at BIGINT NOT NULL,
    edited_at BIGINT NOT NULL,
    withdrawn_at BIGINT NOT NULL,
    withdrawn_by BIGINT NOT NULL,
    version BIGINT NOT NULL,
    send_key TEXT NOT NULL,
    PRIMARY KEY (brand_id, id)
);
CREATE INDEX status_update_matter ON status_update (brand_id, matter_id, id);
CREATE INDEX status_update_incident ON status_update (brand_id, incident_id, id) WHERE incident_id > 0;
CREATE INDEX status_update_key ON status_update (brand_id, send_key);

-- What an update says of the components.
CREATE TABLE status_said (
    brand_id BIGINT NOT NULL,
    update_id BIGINT NOT NULL,
    component_id BIGINT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (brand_id, update_id, component_id),
    FOREIGN KEY (brand_id, update_id) REFERENCES status_update (brand_id, id),
    FOREIGN KEY (brand_id, component_id) REFERENCES status_component (brand_id, id)
);

-- What an update said before it was edited. agent_id, at: who changed it then.
CREATE TABLE status_edit (
    brand_id BIGINT NOT NULL,
    update_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    headline TEXT NOT NULL,
    words TEXT NOT NULL,
    next_at BIGINT NOT NULL,
    agent_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, update_id, version),
    FOREIGN KEY (brand_id, update_id) REFERENCES status_update (brand_id, id)
);

-- Who wants updates by mail. mailbox: a hash of whose mailbox it is. email: '' once an unconfirmed one was deleted;
-- the hash stays a while, so that a stranger is not asked for ever. state: asked, confirmed, refused. asks: how often
-- they were sent a question; asked_at: the last time. hash: of the link in it. expires_at: when that link ends.
CREATE TABLE status_subscriber (
    brand_id BIGINT NOT NULL REFERENCES brand (id),
    id BIGINT NOT NULL,
    mailbox TEXT NOT NULL,
    email TEXT NOT NULL,
    language TEXT NOT NULL,
    state TEXT NOT NULL,
    asks BIGINT NOT NULL,
    asked_at BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    confirmed_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id)
);
CREATE UNIQUE INDEX status_subscriber_mailbox ON status_subscriber (brand_id, mailbox);
CREATE INDEX status_subscriber_hash ON status_subscriber (brand_id, hash);
CREATE INDEX status_subscriber_asked ON status_subscriber (brand_id, asked_at);

-- One update on its way to one of them. hash: of the link that ends the subscription. state: due, sent, failed; sent
-- stands before the last dot. due_at: when the next try may be.
CREATE TABLE status_mail (
    brand_id BIGINT NOT NULL,
    update_id BIGINT NOT NULL,
    subscriber_id BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    state TEXT NOT NULL,
    tries BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, update_id, subscriber_id),
    FOREIGN KEY (brand_id, update_id) REFERENCES status_update (brand_id, id),
    FOREIGN KEY (brand_id, subscriber_id) REFERENCES status_subscriber (brand_id, id)
);
CREATE INDEX status_mail_subscriber ON status_mail (brand_id, subscriber_id);
CREATE INDEX status_mail_hash ON status_mail (brand_id, hash);
CREATE INDEX status_mail_due ON status_mail (brand_id, update_id, due_at) WHERE state = 'due';
