-- The current analysis of each project; former ones are in analysis_history.
CREATE TABLE pipeline.analysis_results (
    project_id text COLLATE "C" PRIMARY KEY,
    expected_gestation_days integer,
    gestation_confidence numeric(3,2),
    expected_conversion_rate numeric(6,5),
    conversion_confidence numeric(3,2),
    rating_score integer,
    reasoning jsonb,
    adjustments jsonb,
    confidence_notes text,
    special_factors text,
    summary text,
    llm_model text,
    llm_status text NOT NULL DEFAULT 'none',
    analysis_version text,
    input_hash text,
    processing_time_ms integer,
    analysis_timestamp timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT analysis_results_rate_in_range CHECK (expected_conversion_rate BETWEEN 0 AND 1),
    CONSTRAINT analysis_results_gestation_confidence_in_range CHECK (gestation_confidence BETWEEN 0 AND 1),
    CONSTRAINT analysis_results_conversion_confidence_in_range CHECK (conversion_confidence BETWEEN 0 AND 1),
    CONSTRAINT analysis_results_rating_in_range CHECK (rating_score BETWEEN 1 AND 100),
    CONSTRAINT analysis_results_llm_status_known
        CHECK (llm_status IN ('none', 'pending', 'ok', 'failed', 'refused'))
);

COMMENT ON TABLE pipeline.analysis_results IS
    'The current analysis of each project, one row per project; former rows are in analysis_history.';
COMMENT ON COLUMN pipeline.analysis_results.project_id IS 'projects.monday_id';

-- What the analysis of one project reads of all others, in a few bytes for each instead of a row.
CREATE TABLE pipeline_data.analysis_digest (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    packed bytea NOT NULL
);
-- Packed already: compressing costs more time than it saves bytes.
ALTER TABLE pipeline_data.analysis_digest ALTER COLUMN packed SET STORAGE EXTERNAL;

COMMENT ON TABLE pipeline_data.analysis_digest IS
    'The active projects as statistics see them, packed into pieces whose sum they are; kept by triggers of projects. Nothing is lost with it: pipeline_setup() makes it anew.';
