-- What the formula reads of each active project: its row, its stage rule, its current analysis. A project has either a
-- date that the board states, which is a plain indexed column, or one that is estimated.
CREATE OR REPLACE VIEW pipeline_data.forecast_input AS
SELECT
    p.id AS project_uuid,
    p.monday_id AS project_id,
    p.item_name,
    p.project_name,
    @list forecast/project_columns.sql p@,
    p.total_order_value,
    p.new_enquiry_value,
    p.probability_percent,
    p.date_created,
    p.date_order_received,
    p.expected_start_date,
    p.follow_up_date,
    p.stated_date,
    CASE WHEN p.stated_date IS NULL THEN pipeline_forecast_date(
        NULL, NULL, NULL, p.date_created, a.expected_gestation_days, pipeline_today())
    END AS estimated_date,
    p.stage_rule,
    p.stage_bucket,
    p.board_id,
    s.outcome,
    s.default_probability,
    s.default_spread,
    a.analysis_timestamp,
    a.expected_gestation_days,
    a.expected_conversion_rate,
    a.conversion_confidence
FROM projects p
LEFT JOIN pipeline_stage s ON s.stage = p.stage_rule
LEFT JOIN analysis_results a ON a.project_id = p.monday_id
WHERE p.state = 'active';

COMMENT ON VIEW pipeline_data.forecast_input IS
    'What the formula reads of each active project; its forecast date is coalesce(stated_date, estimated_date).';

-- Two branches, so that a range of forecast_date reaches the index of stated_date in one and only the projects
-- without such a date in the other.
CREATE OR REPLACE VIEW pipeline.vw_pipeline_forecast_project_v1 AS
SELECT
@include forecast/columns.sql@
FROM (
    SELECT
        i.*,
        @list forecast/model_rate.sql@ AS model_rate
    FROM (
        SELECT dated.*, dated.stated_date AS forecast_date
        FROM forecast_input dated
        WHERE dated.stated_date IS NOT NULL
        UNION ALL
        SELECT undated.*, undated.estimated_date
        FROM forecast_input undated
        WHERE undated.stated_date IS NULL
    ) i
) i;

COMMENT ON VIEW pipeline.vw_pipeline_forecast_project_v1 IS
    'The forecast of every active project, one row each: money, probability with its band, and the date it is forecast for. explain_forecast(project_id) shows how a row came about.';

-- The view is the place where a reader without rights on the base tables gets an explanation from.
CREATE OR REPLACE VIEW pipeline.vw_forecast_explanation_v1 AS
SELECT i.project_id, e.ordinality AS position, e.step, e.rule, e.input, e.value
FROM forecast_input i
CROSS JOIN LATERAL ROWS FROM (
    jsonb_to_recordset(forecast_steps(
        i.total_order_value, i.new_enquiry_value, i.pipeline_stage, i.stage_bucket,
        i.expected_conversion_rate, i.probability_percent, i.default_probability,
        i.conversion_confidence, i.default_spread,
        i.date_order_received, i.expected_start_date, i.follow_up_date, i.date_created,
        i.expected_gestation_days, pipeline_today(), (SELECT model_confidence_minimum())))
    AS (step text, rule text, input text, value text)
) WITH ORDINALITY AS e (step, rule, input, value, ordinality);

COMMENT ON VIEW pipeline.vw_forecast_explanation_v1 IS
    'How the forecast of each project came about: per step the rule that applied, what went in and what came out.';
