CREATE TABLE message_words (
    brand_id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    words tsvector NOT NULL,
    PRIMARY KEY (brand_id, message_id)
);
CREATE INDEX message_words_gin ON message_words USING gin (words);
