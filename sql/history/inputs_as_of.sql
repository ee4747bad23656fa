-- The inputs of the formula as they were at a moment as_of, as rows i.
FROM (
    SELECT
        p.*,
        pipeline_forecast_date(
            p.date_order_received, p.expected_start_date, p.follow_up_date, p.date_created,
            a.expected_gestation_days, timezone('UTC', as_of)::date) AS forecast_date,
        CASE WHEN s.stage IS NULL THEN any_other.stage_bucket ELSE s.stage_bucket END AS stage_bucket,
        CASE WHEN s.stage IS NULL THEN any_other.default_probability ELSE s.default_probability END
            AS default_probability,
        CASE WHEN s.stage IS NULL THEN any_other.default_spread ELSE s.default_spread END AS default_spread,
        a.analysis_timestamp,
        a.expected_gestation_days,
        a.expected_conversion_rate,
        a.conversion_confidence,
        pipeline_model_rate(
            a.expected_conversion_rate, a.conversion_confidence, p.probability_percent,
            (SELECT model_confidence_minimum(as_of))) AS model_rate
    FROM project_history p
    LEFT JOIN pipeline_stage_history s
        ON s.stage = p.pipeline_stage
        AND s.valid_from <= as_of AND (s.valid_to > as_of OR s.valid_to IS NULL)
    LEFT JOIN pipeline_stage_history any_other
        ON any_other.stage = '(any other)'
        AND any_other.valid_from <= as_of AND (any_other.valid_to > as_of OR any_other.valid_to IS NULL)
    LEFT JOIN analysis_history a
        ON a.project_id = p.project_id
        AND a.valid_from <= as_of AND (a.valid_to > as_of OR a.valid_to IS NULL)
    WHERE p.valid_from <= as_of AND (p.valid_to > as_of OR p.valid_to IS NULL)
      AND p.state = 'active'
) i
