-- The project forecast as it was at a moment: the versions that were valid then, the stage rules and the setting
-- model_confidence_minimum of then, and the same formula. Bound to the tables when it is made, like a view, so that filters on it reach them.
CREATE OR REPLACE FUNCTION pipeline.pipeline_forecast_as_of(as_of timestamptz)
RETURNS SETOF vw_pipeline_forecast_project_v1
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT
@include forecast/columns.sql@
@include history/inputs_as_of.sql@
;
END;

COMMENT ON FUNCTION pipeline.pipeline_forecast_as_of(timestamptz) IS
    'The rows of vw_pipeline_forecast_project_v1 as they were at the given moment, from history. Empty before history begins.';

-- For snapshots: what they store, with the origin of the version that it rests on.
CREATE OR REPLACE FUNCTION pipeline_data.forecast_with_origin_as_of(as_of timestamptz)
RETURNS TABLE(
    project_id text,
    forecast_date date,
    forecast_month date,
    stage_bucket text,
    contract_value numeric,
    probability numeric,
    committed_value numeric,
    expected_value numeric,
    best_case_value numeric,
    worst_case_value numeric,
    analysis_timestamp timestamptz,
    origin text
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT f.project_id, f.forecast_date, f.forecast_month, f.stage_bucket, f.contract_value, f.probability,
       f.committed_value, f.expected_value, f.best_case_value, f.worst_case_value, f.analysis_timestamp, f.origin
FROM (
SELECT
@include forecast/columns.sql@
    , i.origin
@include history/inputs_as_of.sql@
) f;
END;

COMMENT ON FUNCTION pipeline_data.forecast_with_origin_as_of(timestamptz) IS
    'What pipeline_forecast_as_of() says of each project, as far as snapshots store it, and the origin of the version that it rests on.';
