-- What is synchronised from boards or imported. Rows are soft-deleted (state), never lost.
-- Ids are compared byte by byte (collation "C"): they are keys, not words, and their indexes are smaller and faster.
CREATE TABLE pipeline.projects (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    monday_id text COLLATE "C" NOT NULL UNIQUE,
    item_name text NOT NULL,
    project_name text,
    pipeline_stage text,
    type text,
    category text,
    zip_code text,
    sales_representative text,
    funding text,
    feedback text,
    lost_to_who_or_why text,
    date_created date,
    expected_start_date date,
    follow_up_date date,
    probability_percent numeric(6,3),
    account text,
    product_type text,
    new_enquiry_value numeric(14,2),
    project_value numeric(14,2),
    weighted_pipeline numeric(14,2),
    total_order_value numeric(14,2),
    date_order_received date,
    first_date_designed date,
    last_date_designed date,
    first_date_invoiced date,
    last_date_invoiced date,
    total_amount_invoiced numeric(14,2),
    gestation_period integer,
    value_band text GENERATED ALWAYS AS (
        CASE
            WHEN coalesce(new_enquiry_value, 0) <= 0 THEN 'Zero'
            WHEN new_enquiry_value <= 15000 THEN 'Small (<15k)'
            WHEN new_enquiry_value <= 40000 THEN 'Medium (15-40k)'
            WHEN new_enquiry_value <= 100000 THEN 'Large (40-100k)'
            ELSE 'XLarge (>100k)'
        END
    ) STORED,
    stated_date date GENERATED ALWAYS AS (
        coalesce(date_order_received, expected_start_date, follow_up_date)
    ) STORED,
    stage_rule text NOT NULL DEFAULT '(any other)',
    stage_bucket text NOT NULL DEFAULT 'Open',
    monday_updated_at timestamptz,
    state text NOT NULL DEFAULT 'active',
    deleted_at timestamptz,
    last_synced_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    board_id text COLLATE "C",
    direct_fields text[] NOT NULL DEFAULT '{}',
    CONSTRAINT projects_state_known CHECK (state IN ('active', 'archived', 'deleted')),
    CONSTRAINT projects_stage_bucket_known CHECK (stage_bucket IN (@list forecast/buckets.sql@))
);

COMMENT ON TABLE pipeline.projects IS
    'One row per project (parent item). Money in the pipeline''s one currency, days in UTC. Only rows with state active are forecast.';
COMMENT ON COLUMN pipeline.projects.monday_id IS 'The id by which everything refers to the project (project_id elsewhere).';
COMMENT ON COLUMN pipeline.projects.probability_percent IS
    'The probability that people state, 0..100. NULL means that nobody stated one; 0 means zero.';
COMMENT ON COLUMN pipeline.projects.gestation_period IS 'Days from the first design to the first invoice, 0..500000.';
COMMENT ON COLUMN pipeline.projects.stated_date IS
    'The first known of order date, expected start and follow-up: the forecast date wherever it is known. Indexed, so that date ranges of the forecast reach this table.';
COMMENT ON COLUMN pipeline.projects.stage_rule IS
    'The row of pipeline_stage that applies, kept by a trigger: pipeline_stage itself, or (any other).';
COMMENT ON COLUMN pipeline.projects.stage_bucket IS
    'The bucket of that rule, kept with it, so that the planner knows how many projects a bucket has and can use an index.';

COMMENT ON COLUMN pipeline.projects.board_id IS
    'The monday.com board of the item; NULL for a project that was imported. Only projects of a board have derived values.';
COMMENT ON COLUMN pipeline.projects.direct_fields IS
    'Fields that were read from a column of the board and are therefore not derived from the subitems.';

-- An entry of a B-tree holds 2,704 bytes; a prefix tree holds any text.
CREATE INDEX projects_account_idx ON projects USING spgist (account);
CREATE INDEX projects_stage_bucket_idx ON projects (stage_bucket);
CREATE INDEX projects_stated_date_idx ON projects (stated_date);
CREATE INDEX projects_date_created_idx ON projects (date_created);
CREATE INDEX projects_board_idx ON projects (board_id);


-- What reports say of projects, in a table of its own: a slicer reads all projects for the few values of one column, and
-- rows of projects are five times as wide.
CREATE TABLE pipeline_data.project_dimension (
    project_id text COLLATE "C" PRIMARY KEY,
    project_name text,
    account text,
    type text,
    category text,
    product_type text,
    pipeline_stage text,
    stage_bucket text,
    sales_representative text,
    date_created date,
    state text NOT NULL
);
-- So narrow that one process has read it before it would have started others.
ALTER TABLE pipeline_data.project_dimension SET (parallel_workers = 0);
CREATE INDEX project_dimension_account_idx ON project_dimension USING spgist (account);

COMMENT ON TABLE pipeline_data.project_dimension IS
    'What reports say of each project, removed ones included; kept by triggers of projects. Nothing is lost with it but what removed projects were last: pipeline_setup() makes it anew from projects and history.';
