-- The formula, one function per column. All are immutable and safe for everybody: they compute from their arguments
-- alone. probability_percent is 0..100, every other rate is 0..1; money in the pipeline's currency.

CREATE FUNCTION pipeline.pipeline_contract_value(
    total_order_value numeric,
    new_enquiry_value numeric
) RETURNS numeric
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_contract_value';
COMMENT ON FUNCTION pipeline.pipeline_contract_value(numeric, numeric) IS
    'The order value unless unknown or 0, else the enquiry value unless unknown, else 0.';

CREATE FUNCTION pipeline.pipeline_model_rate(
    expected_conversion_rate numeric,
    conversion_confidence numeric,
    probability_percent numeric,
    model_confidence_minimum numeric
) RETURNS numeric
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_model_rate';
COMMENT ON FUNCTION pipeline.pipeline_model_rate(numeric, numeric, numeric, numeric) IS
    'The rate of the analysis where it counts: where its confidence is at least the minimum, or nobody stated a percentage; else NULL.';

CREATE FUNCTION pipeline.pipeline_probability(
    stage_bucket text,
    expected_conversion_rate numeric,
    probability_percent numeric,
    default_probability numeric
) RETURNS numeric
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_probability';
COMMENT ON FUNCTION pipeline.pipeline_probability(text, numeric, numeric, numeric) IS
    'Committed 1, Lost 0; else the rate of the analysis (where it counts: pipeline_model_rate()), else the stated percentage, else the stage default; within 0..1.';

CREATE FUNCTION pipeline.pipeline_probability_source(
    stage_bucket text,
    expected_conversion_rate numeric,
    probability_percent numeric,
    default_probability numeric
) RETURNS text
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_probability_source';
COMMENT ON FUNCTION pipeline.pipeline_probability_source(text, numeric, numeric, numeric) IS
    'Where the probability comes from: stage_lost, stage_committed, model, board_percent or stage_default.';

CREATE FUNCTION pipeline.pipeline_probability_spread(
    conversion_confidence numeric,
    default_spread numeric
) RETURNS numeric
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_probability_spread';
COMMENT ON FUNCTION pipeline.pipeline_probability_spread(numeric, numeric) IS
    'Half the width of the probability band: (1 - confidence) * 0.30 within 0.05..0.35, or the stage default where the confidence is unknown or 0.';

CREATE FUNCTION pipeline.pipeline_best_case_probability(
    stage_bucket text,
    expected_conversion_rate numeric,
    probability_percent numeric,
    default_probability numeric,
    conversion_confidence numeric,
    default_spread numeric
) RETURNS numeric
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_best_case_probability';
COMMENT ON FUNCTION pipeline.pipeline_best_case_probability(text, numeric, numeric, numeric, numeric, numeric) IS
    'The probability plus its spread, within 0..1; Committed 1, Lost 0.';

CREATE FUNCTION pipeline.pipeline_worst_case_probability(
    stage_bucket text,
    expected_conversion_rate numeric,
    probability_percent numeric,
    default_probability numeric,
    conversion_confidence numeric,
    default_spread numeric
) RETURNS numeric
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_worst_case_probability';
COMMENT ON FUNCTION pipeline.pipeline_worst_case_probability(text, numeric, numeric, numeric, numeric, numeric) IS
    'The probability less its spread, within 0..1; Committed 1, Lost 0.';

CREATE FUNCTION pipeline.pipeline_committed_value(
    stage_bucket text,
    total_order_value numeric,
    new_enquiry_value numeric
) RETURNS numeric
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_committed_value';
COMMENT ON FUNCTION pipeline.pipeline_committed_value(text, numeric, numeric) IS
    'The contract value in the bucket Committed, else 0.';

CREATE FUNCTION pipeline.pipeline_expected_value(
    stage_bucket text,
    total_order_value numeric,
    new_enquiry_value numeric,
    expected_conversion_rate numeric,
    probability_percent numeric,
    default_probability numeric
) RETURNS numeric
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_expected_value';
COMMENT ON FUNCTION pipeline.pipeline_expected_value(text, numeric, numeric, numeric, numeric, numeric) IS
    'Contract value times probability, rounded half away from zero to 2 decimals.';

CREATE FUNCTION pipeline.pipeline_best_case_value(
    stage_bucket text,
    total_order_value numeric,
    new_enquiry_value numeric,
    expected_conversion_rate numeric,
    probability_percent numeric,
    default_probability numeric,
    conversion_confidence numeric,
    default_spread numeric
) RETURNS numeric
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_best_case_value';
COMMENT ON FUNCTION pipeline.pipeline_best_case_value(text, numeric, numeric, numeric, numeric, numeric, numeric, numeric) IS
    'Contract value times best case probability (times the worst case one where the contract value is negative), 2 decimals.';

CREATE FUNCTION pipeline.pipeline_worst_case_value(
    stage_bucket text,
    total_order_value numeric,
    new_enquiry_value numeric,
    expected_conversion_rate numeric,
    probability_percent numeric,
    default_probability numeric,
    conversion_confidence numeric,
    default_spread numeric
) RETURNS numeric
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_worst_case_value';
COMMENT ON FUNCTION pipeline.pipeline_worst_case_value(text, numeric, numeric, numeric, numeric, numeric, numeric, numeric) IS
    'Contract value times worst case probability (times the best case one where the contract value is negative), 2 decimals.';

CREATE FUNCTION pipeline.pipeline_forecast_date_source(
    date_order_received date,
    expected_start_date date,
    follow_up_date date,
    date_created date,
    expected_gestation_days integer
) RETURNS text
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_forecast_date_source';
COMMENT ON FUNCTION pipeline.pipeline_forecast_date_source(date, date, date, date, integer) IS
    'Which date the forecast takes: date_order_received, expected_start_date, follow_up_date, date_created_plus_expected_gestation_days, date_created or current_date_default.';

CREATE FUNCTION pipeline.pipeline_forecast_date(
    date_order_received date,
    expected_start_date date,
    follow_up_date date,
    date_created date,
    expected_gestation_days integer,
    today date
) RETURNS date
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_forecast_date';
COMMENT ON FUNCTION pipeline.pipeline_forecast_date(date, date, date, date, integer, date) IS
    'The day a project is forecast for. A negative gestation counts as 0; an infinite date counts as unknown.';
