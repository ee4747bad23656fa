-- The forecast of one project, retold.

CREATE FUNCTION pipeline_internal.forecast_steps(
    total_order_value numeric,
    new_enquiry_value numeric,
    pipeline_stage text,
    stage_bucket text,
    expected_conversion_rate numeric,
    probability_percent numeric,
    default_probability numeric,
    conversion_confidence numeric,
    default_spread numeric,
    date_order_received date,
    expected_start_date date,
    follow_up_date date,
    date_created date,
    expected_gestation_days integer,
    today date,
    model_confidence_minimum numeric
) RETURNS jsonb
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_forecast_steps';
COMMENT ON FUNCTION pipeline_internal.forecast_steps(numeric, numeric, text, text, numeric, numeric, numeric, numeric, numeric, date, date, date, date, integer, date, numeric) IS
    'The steps of a forecast as a JSON array of {step, rule, input, value}.';

CREATE FUNCTION pipeline.explain_forecast(project_id text)
RETURNS TABLE(step text, rule text, input text, value text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN QUERY
    SELECT e.step, e.rule, e.input, e.value
    FROM vw_forecast_explanation_v1 e
    WHERE e.project_id = explain_forecast.project_id
    ORDER BY e.position;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'P0002',
            MESSAGE = format('unknown project "%s"', coalesce(project_id, 'NULL')),
            HINT = 'Name the monday_id of an active project; archived and deleted projects are not forecast.';
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline.explain_forecast(text) IS
    'How the forecast of a project came about: per column the rule that applied, what went in and what came out. Error P0002 for an unknown project.';
