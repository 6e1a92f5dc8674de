-- Sending: letters that leave at a time an agent chose, and inboxes that send only so many a minute.

-- later: not 0 where an agent chose when it leaves; such a one does not leave once they have written again. 1, or
-- where it was chosen once more after they had, the newest letter that the agent knew of.
ALTER TABLE outbox ADD COLUMN later BIGINT NOT NULL DEFAULT 0;

-- How many letters a minute an inbox may send, for those that have a limit. next_at: when the next one may leave.
CREATE TABLE pace (
    brand_id BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    per_minute BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, inbox_id),
    FOREIGN KEY (brand_id, inbox_id) REFERENCES inbox (brand_id, id)
);
