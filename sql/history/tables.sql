-- Every version of what a forecast depends on, from the day of setup on; written by statement-level triggers.
-- A version holds from valid_from (inclusive) to valid_to (exclusive; NULL = it is the current one).
CREATE TABLE pipeline.project_history (
    project_id text COLLATE "C" NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_to timestamptz,
    project_uuid uuid NOT NULL,
    item_name text NOT NULL,
    project_name text,
    account text,
    type text,
    category text,
    product_type text,
    pipeline_stage text,
    total_order_value numeric(14,2),
    new_enquiry_value numeric(14,2),
    probability_percent numeric(6,3),
    gestation_period integer,
    date_created date,
    date_order_received date,
    expected_start_date date,
    follow_up_date date,
    state text NOT NULL,
    PRIMARY KEY (project_id, valid_from),
    CONSTRAINT project_history_period_in_order CHECK (valid_to > valid_from)
);

COMMENT ON TABLE pipeline.project_history IS
    'Every version of the forecast-relevant columns of projects. A project that was removed outright ends with a version in state deleted.';

CREATE TABLE pipeline.analysis_history (
    project_id text COLLATE "C" NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_to timestamptz,
    expected_gestation_days integer,
    gestation_confidence numeric(3,2),
    expected_conversion_rate numeric(6,5),
    conversion_confidence numeric(3,2),
    rating_score integer,
    analysis_timestamp timestamptz NOT NULL,
    reasoning jsonb,
    adjustments jsonb,
    confidence_notes text,
    special_factors text,
    summary text,
    llm_model text,
    llm_status text NOT NULL,
    analysis_version text,
    input_hash text,
    PRIMARY KEY (project_id, valid_from),
    CONSTRAINT analysis_history_period_in_order CHECK (valid_to > valid_from)
);

COMMENT ON TABLE pipeline.analysis_history IS
    'Every version of every analysis, the current one included (valid_to NULL).';

-- Finds the few projects that were removed outright among all versions: reports still have to name them.
CREATE INDEX project_history_removed_idx ON project_history (project_id)
    WHERE valid_to IS NULL AND state = 'deleted';
