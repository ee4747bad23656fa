-- What reports say of projects, in a table of its own: a slicer reads all projects for the few values of one column, and
-- rows of projects are five times as wide.
CREATE TABLE @extschema@.project_dimension (
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
ALTER TABLE @extschema@.project_dimension SET (parallel_workers = 0);
CREATE INDEX project_dimension_account_idx ON @extschema@.project_dimension USING spgist (account);

COMMENT ON TABLE @extschema@.project_dimension IS
    'What reports say of each project, removed ones included; kept by triggers of projects. Nothing is lost with it but what removed projects were last: pipeline_setup() makes it anew from projects and history.';
