-- Files that came with letters, and what became of them.

-- about: what stands in a calendar entry or a letter that came as a file (format/about.h), '' for all else.
-- thumb: 1 when `thumbnail` holds a small picture of it.
-- scan: '' (not scanned), clean, found, failed. scan_says: the name of what was found, or why it could not be scanned.
-- allowed_by: the lead who said that it may be downloaded although something was found.
-- remote: 1 for a picture from elsewhere that was fetched because an agent asked for it.
ALTER TABLE attachment ADD COLUMN about TEXT NOT NULL DEFAULT '';
ALTER TABLE attachment ADD COLUMN thumb BIGINT NOT NULL DEFAULT 0;
ALTER TABLE attachment ADD COLUMN scan TEXT NOT NULL DEFAULT '';
ALTER TABLE attachment ADD COLUMN scan_says TEXT NOT NULL DEFAULT '';
ALTER TABLE attachment ADD COLUMN allowed_by BIGINT NOT NULL DEFAULT 0;
ALTER TABLE attachment ADD COLUMN remote BIGINT NOT NULL DEFAULT 0;

CREATE INDEX attachment_found ON attachment (brand_id, message_id) WHERE scan = 'found';

-- A small JPEG of an attached picture, at most 64 KB. Goes with its attachment.
CREATE TABLE thumbnail (
    brand_id BIGINT NOT NULL,
    attachment_id BIGINT NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (brand_id, attachment_id),
    FOREIGN KEY (brand_id, attachment_id) REFERENCES attachment (brand_id, id) ON DELETE CASCADE
);

-- pictures: 0 pictures from elsewhere are left out, 1 somebody asked for them, 2 those that could be had are shown.
ALTER TABLE message ADD COLUMN pictures BIGINT NOT NULL DEFAULT 0;
