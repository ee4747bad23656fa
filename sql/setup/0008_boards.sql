-- Which boards feed the pipeline, and which of their columns holds which field. Nothing about a board is compiled in.
CREATE TABLE @extschema@.monday_board (
    board_id text COLLATE "C" PRIMARY KEY,
    role text NOT NULL,
    name text NOT NULL,
    parent_board_id text COLLATE "C" REFERENCES @extschema@.monday_board (board_id) ON DELETE CASCADE,
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
COMMENT ON TABLE @extschema@.monday_board IS
    'The boards that feed the pipeline. Only a parent board is required; several may feed one pipeline.';
COMMENT ON COLUMN @extschema@.monday_board.role IS
    'parent: an item is a project; subitem: the board of its subitems; hidden: one item for each subitem, the source of quote, order and invoice fields.';
COMMENT ON COLUMN @extschema@.monday_board.parent_board_id IS
    'Of a subitem or hidden board: the parent board whose projects it describes.';
COMMENT ON COLUMN @extschema@.monday_board.high_water_mark IS
    'Every change up to this moment (monday.com''s clock) has been read. Moved only together with the rows that were read.';
CREATE INDEX monday_board_parent_idx ON @extschema@.monday_board (parent_board_id);

CREATE TABLE @extschema@.monday_column (
    board_id text COLLATE "C" NOT NULL REFERENCES @extschema@.monday_board (board_id) ON DELETE CASCADE,
    column_id text COLLATE "C" NOT NULL,
    field text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    title text,
    writable boolean NOT NULL DEFAULT false,
    labels jsonb,
    PRIMARY KEY (board_id, column_id),
    CONSTRAINT monday_column_field_once UNIQUE (board_id, field)
);
COMMENT ON TABLE @extschema@.monday_column IS
    'Which column of which board holds which field. A column means something only together with its board.';
COMMENT ON COLUMN @extschema@.monday_column.field IS
    'A column of projects, subitems or hidden_items; or one that is written: expected_gestation_days, expected_conversion_rate, rating_score.';
COMMENT ON COLUMN @extschema@.monday_column.kind IS 'The type that monday.com gives the column: numbers, date, status, dropdown, text, ...';
COMMENT ON COLUMN @extschema@.monday_column.writable IS
    'The pipeline writes this column; its change events are its own echo.';
COMMENT ON COLUMN @extschema@.monday_column.labels IS 'Label id to text, from the settings of the board''s own column.';
