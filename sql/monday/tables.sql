-- Which boards feed the pipeline, and which of their columns holds which field. Nothing about a board is compiled in.
CREATE TABLE pipeline.monday_board (
    board_id text COLLATE "C" PRIMARY KEY,
    role text NOT NULL,
    name text NOT NULL,
    parent_board_id text COLLATE "C" REFERENCES monday_board (board_id) ON DELETE CASCADE,
    currency text,
    decimal_mark text NOT NULL DEFAULT '.',
    date_format text NOT NULL DEFAULT 'YYYY-MM-DD',
    is_active boolean NOT NULL DEFAULT true,
    high_water_mark timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT monday_board_role_known CHECK (role IN ('parent', 'subitem', 'hidden')),
    CONSTRAINT monday_board_parent_fits_role CHECK ((role = 'parent') = (parent_board_id IS NULL)),
    CONSTRAINT monday_board_decimal_mark_known CHECK (decimal_mark IN ('.', ',')),
    CONSTRAINT monday_board_date_format_known CHECK (date_format IN ('YYYY-MM-DD', 'DD/MM/YYYY'))
);
COMMENT ON TABLE pipeline.monday_board IS
    'The boards that feed the pipeline. Only a parent board is required; several may feed one pipeline.';
COMMENT ON COLUMN pipeline.monday_board.role IS
    'parent: an item is a project; subitem: the board of its subitems; hidden: one item for each subitem, the source of quote, order and invoice fields.';
COMMENT ON COLUMN pipeline.monday_board.parent_board_id IS
    'Of a subitem or hidden board: the parent board whose projects it describes.';
COMMENT ON COLUMN pipeline.monday_board.high_water_mark IS
    'Every change up to this moment (monday.com''s clock) has been read. Moved only together with the rows that were read.';
CREATE INDEX monday_board_parent_idx ON monday_board (parent_board_id);

CREATE TABLE pipeline.monday_column (
    board_id text COLLATE "C" NOT NULL REFERENCES monday_board (board_id) ON DELETE CASCADE,
    column_id text COLLATE "C" NOT NULL,
    field text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    title text,
    writable boolean NOT NULL DEFAULT false,
    labels jsonb,
    PRIMARY KEY (board_id, column_id),
    CONSTRAINT monday_column_field_once UNIQUE (board_id, field)
);
COMMENT ON TABLE pipeline.monday_column IS
    'Which column of which board holds which field. A column means something only together with its board.';
COMMENT ON COLUMN pipeline.monday_column.field IS
    'A column of projects, subitems or hidden_items; or one that is written: expected_gestation_days, expected_conversion_rate, rating_score.';
COMMENT ON COLUMN pipeline.monday_column.kind IS 'The type that monday.com gives the column: numbers, date, status, dropdown, text, ...';
COMMENT ON COLUMN pipeline.monday_column.writable IS
    'The pipeline writes this column; its change events are its own echo.';
COMMENT ON COLUMN pipeline.monday_column.labels IS 'Label id to text, from the settings of the board''s own column.';

-- The ids of a board while a scan of it goes on; empty between scans.
CREATE TABLE pipeline_data.monday_scan (
    run_id bigint NOT NULL REFERENCES sync_log (id) ON DELETE CASCADE,
    board_id text COLLATE "C" NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    updated_at timestamptz,
    PRIMARY KEY (run_id, board_id, item_id)
);
COMMENT ON TABLE pipeline_data.monday_scan IS
    'What a running scan of a board has seen so far; complete_monday_scan() compares it with what is stored.';

CREATE TABLE pipeline.push_state (
    project_id text COLLATE "C" PRIMARY KEY,
    columns_hash text,
    comment_hash text,
    update_id text,
    pushed_at timestamptz,
    last_error text,
    attempts integer NOT NULL DEFAULT 0,
    columns_pushes bigint NOT NULL DEFAULT 0,
    comment_pushes bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE pipeline.push_state IS 'What was last written back to each project''s item.';
COMMENT ON COLUMN pipeline.push_state.columns_pushes IS
    'How often the columns were written. A part of the key by which monday.com knows a repeated write from a new one.';
COMMENT ON COLUMN pipeline.push_state.comment_pushes IS 'How often the comment was written, likewise.';
COMMENT ON COLUMN pipeline.push_state.update_id IS 'The comment, which is edited in place.';
COMMENT ON COLUMN pipeline.push_state.attempts IS
    'Failed pushes since the last one that succeeded. After one, the item is read before it is written again.';

-- The webhooks that were made at monday.com. It never says where one leads, so what is ours is remembered here.
CREATE TABLE pipeline_data.monday_webhook (
    webhook_id text COLLATE "C" PRIMARY KEY,
    board_id text COLLATE "C" NOT NULL,
    event text NOT NULL,
    url_hash bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT monday_webhook_hash_is_sha256 CHECK (octet_length(url_hash) = 32)
);
COMMENT ON TABLE pipeline_data.monday_webhook IS
    'Which events of which boards monday.com delivers to us. Of the URL, which may hold a secret, only the SHA-256.';
CREATE INDEX monday_webhook_board_idx ON monday_webhook (board_id, event);
