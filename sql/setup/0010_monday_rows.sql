-- What the rows of the boards need beside their fields: the board they come from, what was read and what is derived,
-- and the keys by which a subitem finds its hidden item.
ALTER TABLE @extschema@.projects
    ADD COLUMN board_id text COLLATE "C",
    ADD COLUMN direct_fields text[] NOT NULL DEFAULT '{}';
ALTER TABLE @extschema@.hidden_items
    ADD COLUMN board_id text COLLATE "C",
    ADD COLUMN direct_fields text[] NOT NULL DEFAULT '{}',
    ADD COLUMN name_key text GENERATED ALWAYS AS (
        lower(btrim(regexp_replace(item_name, '\s+', ' ', 'g')))
    ) STORED;
ALTER TABLE @extschema@.subitems
    ADD COLUMN board_id text COLLATE "C",
    ADD COLUMN direct_fields text[] NOT NULL DEFAULT '{}',
    ADD COLUMN relation_ids text[] COLLATE "C" NOT NULL DEFAULT '{}',
    ADD COLUMN monday_created_at timestamptz,
    ADD COLUMN name_key text GENERATED ALWAYS AS (
        lower(btrim(regexp_replace(item_name, '\s+', ' ', 'g')))
    ) STORED;

COMMENT ON COLUMN @extschema@.projects.board_id IS
    'The monday.com board of the item; NULL for a project that was imported. Only projects of a board have derived values.';
COMMENT ON COLUMN @extschema@.projects.direct_fields IS
    'Fields that were read from a column of the board and are therefore not derived from the subitems.';
COMMENT ON COLUMN @extschema@.hidden_items.direct_fields IS
    'Fields that were read from a column of the board and are therefore not derived.';
COMMENT ON COLUMN @extschema@.subitems.direct_fields IS
    'Fields that were read from a column of the subitem''s own board; every other field is that of the hidden item.';
COMMENT ON COLUMN @extschema@.subitems.relation_ids IS 'The hidden items that the subitem is connected to on its board.';
COMMENT ON COLUMN @extschema@.subitems.monday_created_at IS
    'When the subitem was made; of names that are equally frequent the newest subitem''s counts.';
COMMENT ON COLUMN @extschema@.subitems.name_key IS
    'The name without white space at its ends, with single blanks, in lower case: the key of link_method normalized_name.';

CREATE INDEX projects_board_idx ON @extschema@.projects (board_id);
CREATE INDEX hidden_items_board_idx ON @extschema@.hidden_items (board_id);
CREATE INDEX subitems_board_idx ON @extschema@.subitems (board_id);
-- Hashed: a name may be longer than a sorted index can hold.
DROP INDEX @extschema@.subitems_item_name_idx;
CREATE INDEX hidden_items_name_idx ON @extschema@.hidden_items USING hash (name_key);
CREATE INDEX subitems_name_idx ON @extschema@.subitems USING hash (name_key);
-- The number with which a name begins finds candidates; by itself it links nothing.
CREATE INDEX hidden_items_number_idx ON @extschema@.hidden_items USING hash ((substring(item_name FROM '^\d+')));
CREATE INDEX subitems_relation_idx ON @extschema@.subitems USING gin (relation_ids);

ALTER TABLE @extschema@.sync_log ADD COLUMN seen_at timestamptz NOT NULL DEFAULT clock_timestamp();
COMMENT ON COLUMN @extschema@.sync_log.seen_at IS
    'The last sign of life of a running run; one that has been silent for long has lost its worker.';
CREATE INDEX sync_log_running_idx ON @extschema@.sync_log (seen_at) WHERE status = 'running';
CREATE INDEX sync_log_flow_idx ON @extschema@.sync_log (sync_type, board_id, started_at);

-- The ids of a board while a scan of it goes on; empty between scans.
CREATE TABLE @extschema@.monday_scan (
    run_id bigint NOT NULL REFERENCES @extschema@.sync_log (id) ON DELETE CASCADE,
    board_id text COLLATE "C" NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    updated_at timestamptz,
    PRIMARY KEY (run_id, board_id, item_id)
);
COMMENT ON TABLE @extschema@.monday_scan IS
    'What a running scan of a board has seen so far; complete_monday_scan() compares it with what is stored.';
