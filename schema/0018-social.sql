-- Social accounts are inboxes; posts are messages.

-- How raw.bytes are to be read: '' a mail; post, the document of format/post.h.
ALTER TABLE raw ADD COLUMN form TEXT NOT NULL DEFAULT '';

-- An inbox whose transport is bluesky, mastodon or hook. server, account: as social/social.h has them; account_id: the
-- account's own address there; secret, pending: sealed (pending: a consent that was asked for; its state's hash,
-- who asked, when). limits: what its server says of lengths. found: how far the network was read.
-- state: new, well, waiting (told to wait), trouble, sign_in (a person must connect it anew). failures: in a row.
-- next_at: no round before. contact_at: its last good answer; post_at: when the last post was kept; kept: posts in all.
-- version counts up with every change of the account.
CREATE TABLE channel (
    brand_id BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    server TEXT NOT NULL,
    account TEXT NOT NULL,
    account_id TEXT NOT NULL,
    secret TEXT NOT NULL,
    limits TEXT NOT NULL,
    pending TEXT NOT NULL,
    pending_hash TEXT NOT NULL,
    pending_by BIGINT NOT NULL,
    pending_at BIGINT NOT NULL,
    found TEXT NOT NULL,
    state TEXT NOT NULL,
    says TEXT NOT NULL,
    failures BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    contact_at BIGINT NOT NULL,
    post_at BIGINT NOT NULL,
    kept BIGINT NOT NULL,
    paused_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, inbox_id),
    FOREIGN KEY (brand_id, inbox_id) REFERENCES inbox (brand_id, id)
);
CREATE INDEX channel_pending ON channel (pending_hash) WHERE pending_hash <> '';

-- A message that is a post. thread: the post that its thread begins with, itself perhaps; of a private message its
-- conversation's name on the network. extra: images and links as JSON. look_at: when the network is to be asked
-- whether it still stands so; 0 not at all.
CREATE TABLE post (
    brand_id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    post_id TEXT NOT NULL,
    version TEXT NOT NULL,
    url TEXT NOT NULL,
    thread TEXT NOT NULL,
    thread_version TEXT NOT NULL,
    reply_to TEXT NOT NULL,
    quote TEXT NOT NULL,
    author_id TEXT NOT NULL,
    handle TEXT NOT NULL,
    followers BIGINT NOT NULL,
    kind TEXT NOT NULL,
    visibility TEXT NOT NULL,
    spoiler TEXT NOT NULL,
    language TEXT NOT NULL,
    extra TEXT NOT NULL,
    rating BIGINT NOT NULL,
    rating_max BIGINT NOT NULL,
    edited_at BIGINT NOT NULL,
    deleted_at BIGINT NOT NULL,
    look_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, message_id),
    UNIQUE (brand_id, inbox_id, post_id),
    FOREIGN KEY (brand_id, message_id) REFERENCES message (brand_id, id)
);
CREATE INDEX post_thread ON post (brand_id, inbox_id, thread, message_id);
CREATE INDEX post_look ON post (brand_id, inbox_id, look_at) WHERE look_at > 0;

-- What a post said before it was edited. until: when that was seen.
CREATE TABLE post_before (
    brand_id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    until BIGINT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (brand_id, message_id, until),
    FOREIGN KEY (brand_id, message_id) REFERENCES message (brand_id, id)
);

-- A post of ours: one part of a reply, one row of the outbox. position: from 0. answers_id: the message it answers.
-- reply_to, root: what it hangs on; of a later part, the part before it (filled when that is out). tried_at: it was
-- handed over once, so the network is asked first whether it is there. post_id: '' until it is out.
CREATE TABLE post_out (
    brand_id BIGINT NOT NULL,
    outbox_id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    answers_id BIGINT NOT NULL,
    answers_version TEXT NOT NULL,
    text TEXT NOT NULL,
    language TEXT NOT NULL,
    spoiler TEXT NOT NULL,
    visibility TEXT NOT NULL,
    to_id TEXT NOT NULL,
    to_handle TEXT NOT NULL,
    reply_to TEXT NOT NULL,
    reply_to_version TEXT NOT NULL,
    root TEXT NOT NULL,
    root_version TEXT NOT NULL,
    written_at BIGINT NOT NULL,
    tried_at BIGINT NOT NULL,
    post_id TEXT NOT NULL,
    post_version TEXT NOT NULL,
    url TEXT NOT NULL,
    PRIMARY KEY (brand_id, outbox_id),
    FOREIGN KEY (brand_id, message_id) REFERENCES message (brand_id, id)
);
CREATE INDEX post_out_message ON post_out (brand_id, message_id, position);
CREATE INDEX post_out_post ON post_out (brand_id, inbox_id, post_id) WHERE post_id <> '';
CREATE INDEX post_out_private ON post_out (brand_id, inbox_id, to_id, outbox_id) WHERE visibility = 'direct';
