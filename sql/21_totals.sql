-- The aggregate that sums the formula over projects; parallel plans combine its partial states.

CREATE TYPE @extschema@.pipeline_totals AS (
    project_count bigint,
    contract_value numeric,
    committed_value numeric,
    expected_value numeric,
    best_case_value numeric,
    worst_case_value numeric
);
COMMENT ON TYPE @extschema@.pipeline_totals IS 'Sums of forecast values over projects.';

CREATE FUNCTION @extschema@._pipeline_forecast_totals_transition(
    internal, text, numeric, numeric, numeric, numeric, numeric, numeric, numeric
) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_forecast_totals_transition';

CREATE FUNCTION @extschema@._pipeline_forecast_totals_combine(internal, internal) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_forecast_totals_combine';

CREATE FUNCTION @extschema@._pipeline_forecast_totals_serialize(internal) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_forecast_totals_serialize';

CREATE FUNCTION @extschema@._pipeline_forecast_totals_deserialize(bytea, internal) RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_forecast_totals_deserialize';

CREATE FUNCTION @extschema@._pipeline_forecast_totals_final(internal) RETURNS @extschema@.pipeline_totals
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_forecast_totals_final';

CREATE AGGREGATE @extschema@.pipeline_forecast_totals(
    stage_bucket text,
    total_order_value numeric,
    new_enquiry_value numeric,
    expected_conversion_rate numeric,
    probability_percent numeric,
    default_probability numeric,
    conversion_confidence numeric,
    default_spread numeric
) (
    SFUNC = @extschema@._pipeline_forecast_totals_transition,
    STYPE = internal,
    SSPACE = 128,
    FINALFUNC = @extschema@._pipeline_forecast_totals_final,
    COMBINEFUNC = @extschema@._pipeline_forecast_totals_combine,
    SERIALFUNC = @extschema@._pipeline_forecast_totals_serialize,
    DESERIALFUNC = @extschema@._pipeline_forecast_totals_deserialize,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.pipeline_forecast_totals(text, numeric, numeric, numeric, numeric, numeric, numeric, numeric) IS
    'Count of projects and sums of their rounded contract, committed, expected, best and worst case values. Projects without a stage bucket are left out.';
