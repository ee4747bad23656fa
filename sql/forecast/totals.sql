-- The formula as a whole: all values of one project in one call, and their sums over projects. For readers of every
-- column, who would otherwise have the same inputs decoded once per column.

CREATE TYPE pipeline.pipeline_values AS (
    contract_value numeric(16,2),
    probability numeric(6,5),
    committed_value numeric(16,2),
    expected_value numeric(16,2),
    best_case_value numeric(16,2),
    worst_case_value numeric(16,2)
);
COMMENT ON TYPE pipeline.pipeline_values IS 'The forecast values of one project.';

CREATE FUNCTION pipeline.pipeline_forecast_values(
    stage_bucket text,
    total_order_value numeric,
    new_enquiry_value numeric,
    expected_conversion_rate numeric,
    probability_percent numeric,
    default_probability numeric,
    conversion_confidence numeric,
    default_spread numeric
) RETURNS pipeline_values
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_forecast_values';
COMMENT ON FUNCTION pipeline.pipeline_forecast_values(text, numeric, numeric, numeric, numeric, numeric, numeric, numeric) IS
    'All values of one project: what pipeline_contract_value(), pipeline_probability() and their kin give one by one.';

-- The aggregate; parallel plans combine its partial states.

CREATE TYPE pipeline.pipeline_totals AS (
    project_count bigint,
    contract_value numeric,
    committed_value numeric,
    expected_value numeric,
    best_case_value numeric,
    worst_case_value numeric
);
COMMENT ON TYPE pipeline.pipeline_totals IS 'Sums of forecast values over projects.';

CREATE FUNCTION pipeline_internal.forecast_totals_transition(
    internal, text, numeric, numeric, numeric, numeric, numeric, numeric, numeric
) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_forecast_totals_transition';

CREATE FUNCTION pipeline_internal.forecast_totals_combine(internal, internal) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_forecast_totals_combine';

CREATE FUNCTION pipeline_internal.forecast_totals_serialize(internal) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_forecast_totals_serialize';

CREATE FUNCTION pipeline_internal.forecast_totals_deserialize(bytea, internal) RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_forecast_totals_deserialize';

CREATE FUNCTION pipeline_internal.forecast_totals_final(internal) RETURNS pipeline_totals
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_forecast_totals_final';

CREATE AGGREGATE pipeline.pipeline_forecast_totals(
    stage_bucket text,
    total_order_value numeric,
    new_enquiry_value numeric,
    expected_conversion_rate numeric,
    probability_percent numeric,
    default_probability numeric,
    conversion_confidence numeric,
    default_spread numeric
) (
    SFUNC = forecast_totals_transition,
    STYPE = internal,
    SSPACE = 128,
    FINALFUNC = forecast_totals_final,
    COMBINEFUNC = forecast_totals_combine,
    SERIALFUNC = forecast_totals_serialize,
    DESERIALFUNC = forecast_totals_deserialize,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE pipeline.pipeline_forecast_totals(text, numeric, numeric, numeric, numeric, numeric, numeric, numeric) IS
    'Count of projects and sums of their rounded contract, committed, expected, best and worst case values. Projects without a stage bucket are left out.';
