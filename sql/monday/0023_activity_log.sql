-- What was read of the activity logs of boards, and how far; and the past of items while it is walked.
CREATE TABLE pipeline_data.monday_log (
    board_id text COLLATE "C" NOT NULL REFERENCES pipeline.monday_board (board_id) ON DELETE CASCADE,
    log_id text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    event text NOT NULL,
    item_ids text[] COLLATE "C" NOT NULL,
    parent_id text COLLATE "C",
    data text NOT NULL,
    PRIMARY KEY (board_id, log_id)
);
COMMENT ON TABLE pipeline_data.monday_log IS
    'Entries of the activity logs of boards that name items, as monday.com gave them. Nothing but the past of projects is made of them, and once it is made, they may be deleted.';
COMMENT ON COLUMN pipeline_data.monday_log.data IS 'What the entry tells of the change, JSON in the shapes of monday.com''s own pages.';
CREATE INDEX monday_log_item_idx ON monday_log USING gin (item_ids);

CREATE TABLE pipeline_data.monday_log_reach (
    board_id text COLLATE "C" PRIMARY KEY REFERENCES pipeline.monday_board (board_id) ON DELETE CASCADE,
    reaches_from timestamptz,
    reaches_to timestamptz,
    reading_from timestamptz,
    reading_to timestamptz,
    walked_by bigint,
    CONSTRAINT monday_log_reach_whole CHECK (num_nulls(reaches_from, reaches_to) IN (0, 2) AND num_nulls(reading_from, reading_to) IN (0, 2))
);
COMMENT ON TABLE pipeline_data.monday_log_reach IS 'How far the activity log of each board was read.';
COMMENT ON COLUMN pipeline_data.monday_log_reach.reaches_from IS
    'The oldest entry of the log; every entry from here to reaches_to is in monday_log. NULL: not read to its end yet.';
COMMENT ON COLUMN pipeline_data.monday_log_reach.reading_from IS
    'While the log is read, newest entries first: the oldest one so far. An interrupted read goes on from here.';
COMMENT ON COLUMN pipeline_data.monday_log_reach.reading_to IS 'The moment at which that read began.';
COMMENT ON COLUMN pipeline_data.monday_log_reach.walked_by IS 'The run that last walked the log of the board (sync_log.id).';

CREATE TABLE pipeline_data.monday_person (
    person_id text COLLATE "C" PRIMARY KEY,
    person_name text NOT NULL
);
COMMENT ON TABLE pipeline_data.monday_person IS 'Names of the people whom activity logs know by their ids.';

CREATE TABLE pipeline_data.monday_past (
    run_id bigint NOT NULL REFERENCES pipeline.sync_log (id) ON DELETE CASCADE,
    role text NOT NULL,
    board_id text COLLATE "C" NOT NULL,
    item_id text COLLATE "C" NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_to timestamptz,
    item_name text NOT NULL,
    name_key text NOT NULL,
    state text NOT NULL,
    parent_id text COLLATE "C",
    relation_ids text[] COLLATE "C" NOT NULL,
    direct_fields text[] NOT NULL,
    field_values jsonb NOT NULL,
    created_at timestamptz,
    begins_at timestamptz NOT NULL,
    is_whole boolean NOT NULL,
    came_from_elsewhere boolean NOT NULL DEFAULT false,
    PRIMARY KEY (run_id, role, item_id, valid_from)
);
COMMENT ON TABLE pipeline_data.monday_past IS
    'The versions of items that a running import of history has walked, until the projects are derived from them; empty between runs.';
CREATE INDEX monday_past_parent_idx ON monday_past (parent_id) WHERE role = 'subitem';
CREATE INDEX monday_past_name_idx ON monday_past USING hash (name_key);

INSERT INTO job_type (job_type, provider, max_age) VALUES ('history', 'monday', '7 days');
