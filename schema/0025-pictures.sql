-- Pictures in posts of ours, posts of ours that quote, and followers asked for.

-- What a picture shows, in the words of whoever attached it; a picture leaves in a post only with them.
ALTER TABLE attachment ADD COLUMN alt TEXT NOT NULL DEFAULT '';

-- 1: reply_to is the post that is shown below this one, and not what it answers.
ALTER TABLE post_out ADD COLUMN quotes BIGINT NOT NULL DEFAULT 0;

-- When the account's followers were asked for the last time, whatever came of it.
ALTER TABLE channel ADD COLUMN followers_at BIGINT NOT NULL DEFAULT 0;
