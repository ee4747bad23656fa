-- The current analyses for reports: plain columns, each of one simple type, moments in UTC.
CREATE OR REPLACE VIEW pipeline.vw_analysis_current AS
SELECT
    p.monday_id AS project_id,
    coalesce(nullif(p.project_name, ''), p.item_name) AS project_name,
    p.account,
    p.pipeline_stage,
    a.expected_gestation_days,
    a.gestation_confidence,
    a.expected_conversion_rate,
    a.conversion_confidence,
    a.rating_score,
    (a.reasoning->'metrics_used'->>'tier')::integer AS tier,
    (a.reasoning->'metrics_used'->>'segment_n')::integer AS segment_n,
    a.summary AS explanation,
    a.special_factors,
    a.llm_status,
    a.llm_model,
    timezone('UTC', a.analysis_timestamp) AS analysed_at,
    round(extract(epoch FROM now() - a.analysis_timestamp)::numeric / 86400, 2)::numeric(10,2) AS age_days
FROM projects p
JOIN analysis_results a ON a.project_id = p.monday_id
WHERE p.state = 'active';

COMMENT ON VIEW pipeline.vw_analysis_current IS
    'The current analysis of every active project that has one: numbers, the segment behind them, the explanation in words and how old it is. For reports.';
