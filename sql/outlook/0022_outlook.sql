-- The outlook: what each of its runs has learned, and what it said. No run is ever changed; what came afterwards stands
-- beside it, in outlook_record. There are no foreign keys: they would cost more than writing the rows.
CREATE TABLE pipeline.outlook_run (
    run_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    as_of timestamptz NOT NULL,
    source text NOT NULL,
    state text NOT NULL,
    known_from timestamptz,
    step_days double precision NOT NULL,
    version_count bigint NOT NULL,
    open_count integer NOT NULL,
    won_count integer NOT NULL,
    lost_count integer NOT NULL,
    landmark_rows bigint NOT NULL,
    exposure_cells bigint NOT NULL,
    month_won_count integer NOT NULL,
    month_won_value numeric(24,2) NOT NULL,
    level_won double precision NOT NULL,
    level_lost double precision NOT NULL,
    redundancy double precision NOT NULL,
    shock_prior double precision NOT NULL,
    value_ratio double precision NOT NULL,
    value_cv2 double precision NOT NULL,
    settings jsonb NOT NULL,
    input_hash text NOT NULL,
    duration_ms integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT outlook_run_key UNIQUE (as_of, input_hash),
    CONSTRAINT outlook_run_source_known CHECK (source IN ('live', 'replay')),
    CONSTRAINT outlook_run_state_known CHECK (state IN ('prior', 'thin', 'young', 'fitted'))
);
COMMENT ON TABLE pipeline.outlook_run IS
    'The runs of the outlook, one row each: what was read, and what holds for all of its figures. Of two runs of one moment the later one holds, which read a history that was added to since.';

CREATE TABLE pipeline.outlook_factor (
    run_id integer NOT NULL,
    factor_name text NOT NULL,
    group_number integer NOT NULL,
    cause text NOT NULL,
    group_name text NOT NULL,
    observed double precision,
    expected double precision,
    kappa double precision,
    factor double precision NOT NULL,
    PRIMARY KEY (run_id, factor_name, group_number, cause),
    CONSTRAINT outlook_factor_cause_known CHECK (cause IN ('won', 'lost'))
);
COMMENT ON TABLE pipeline.outlook_factor IS
    'What a run has learned: the rates of winning and losing, and by how much each group of projects differs from them.';

-- Arrays in place of a row for each month: a tenth of the size. outlook_project_month has the rows.
CREATE TABLE pipeline.outlook_project (
    run_id integer NOT NULL,
    project_id text COLLATE "C" NOT NULL,
    p_won double precision NOT NULL,
    later double precision NOT NULL,
    lost double precision NOT NULL,
    win_value double precision NOT NULL,
    months double precision[] NOT NULL,
    reasons double precision[] NOT NULL,
    groups integer[] NOT NULL,
    PRIMARY KEY (run_id, project_id)
);
COMMENT ON TABLE pipeline.outlook_project IS
    'What a run said of each project that was open: whether and when it will be won, for how much, and why.';

CREATE TABLE pipeline.outlook_new_month (
    run_id integer NOT NULL,
    type text NOT NULL,
    month date NOT NULL,
    wins double precision NOT NULL,
    k1 double precision NOT NULL,
    k2 double precision NOT NULL,
    k3 double precision NOT NULL,
    l0 double precision NOT NULL,
    ck1 double precision NOT NULL,
    ck2 double precision NOT NULL,
    ck3 double precision NOT NULL,
    cl0 double precision NOT NULL,
    neg double precision NOT NULL,
    PRIMARY KEY (run_id, type, month)
);
COMMENT ON TABLE pipeline.outlook_new_month IS
    'What a run said of projects that did not exist yet, by their type and the month in which they will be won.';

CREATE TABLE pipeline.outlook_month (
    run_id integer NOT NULL,
    month date NOT NULL,
    span text NOT NULL,
    part text NOT NULL,
    horizon smallint NOT NULL,
    expected_value numeric(24,2) NOT NULL,
    p10 numeric(24,2) NOT NULL,
    p50 numeric(24,2) NOT NULL,
    p90 numeric(24,2) NOT NULL,
    k1 double precision NOT NULL,
    k2 double precision NOT NULL,
    k3 double precision NOT NULL,
    l0 double precision NOT NULL,
    neg double precision NOT NULL,
    before_blend double precision NOT NULL,
    shock double precision NOT NULL,
    past_months integer NOT NULL,
    theta double precision NOT NULL,
    c double precision NOT NULL,
    top_down double precision,
    v1_value numeric(24,2),
    naive_last_month numeric(24,2),
    naive_last_year numeric(24,2),
    naive_mean numeric(24,2),
    PRIMARY KEY (run_id, span, part, month),
    CONSTRAINT outlook_month_span_known CHECK (span IN ('month', 'cumulated')),
    CONSTRAINT outlook_month_part_known CHECK (part IN ('pipeline', 'new', 'total'))
);
COMMENT ON TABLE pipeline.outlook_month IS
    'What a run said of each of twelve months, with its bands, beside what the rule-based forecast and naive lines said on the same day.';

CREATE TABLE pipeline.outlook_record (
    run_id integer NOT NULL,
    month date NOT NULL,
    span text NOT NULL,
    horizon smallint NOT NULL,
    before_blend double precision NOT NULL,
    forecast double precision NOT NULL,
    k2 double precision NOT NULL,
    k3 double precision NOT NULL,
    p10 numeric(24,2) NOT NULL,
    p90 numeric(24,2) NOT NULL,
    actual numeric(24,2) NOT NULL,
    held boolean NOT NULL,
    judged_as_of timestamptz NOT NULL,
    PRIMARY KEY (run_id, span, month),
    CONSTRAINT outlook_record_span_known CHECK (span IN ('month', 'cumulated'))
);
COMMENT ON TABLE pipeline.outlook_record IS
    'What came of each band that was stored at the beginning of a month, once its months were over: written by the first run afterwards and never changed.';
