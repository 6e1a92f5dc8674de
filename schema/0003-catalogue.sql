-- A brand's catalogue: what it sells, the figures and parts in it, and what people call them.

-- version grows with every import; format: own, rebrickable.
CREATE TABLE catalogue (
    brand_id BIGINT NOT NULL PRIMARY KEY REFERENCES brand (id),
    version BIGINT NOT NULL,
    format TEXT NOT NULL,
    imported_at BIGINT NOT NULL
);

-- id is made from kind and code, so that an item keeps it through every import. kind: 0 product, 1 figure,
-- 2 part. retired_at: when an import no longer held it; letters may go on naming it.
CREATE TABLE catalogue_item (
    brand_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    kind BIGINT NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    theme TEXT NOT NULL,
    year BIGINT NOT NULL,
    retired_at BIGINT NOT NULL,
    PRIMARY KEY (brand_id, id)
);

-- holder_id contains item_id.
CREATE TABLE catalogue_link (
    brand_id BIGINT NOT NULL,
    holder_id BIGINT NOT NULL,
    item_id BIGINT NOT NULL,
    quantity BIGINT NOT NULL,
    PRIMARY KEY (brand_id, holder_id, item_id)
);

-- Another name of an item. agent_id: who added it, 0 when it came with the import.
CREATE TABLE catalogue_alias (
    brand_id BIGINT NOT NULL,
    item_id BIGINT NOT NULL,
    alias TEXT NOT NULL,
    agent_id BIGINT NOT NULL,
    PRIMARY KEY (brand_id, item_id, alias)
);
