-- Stages that people use and no rule knows: they are forecast by the rule (any other), which may not be what they mean.
CREATE OR REPLACE VIEW pipeline.vw_stages_without_rule AS
SELECT
    s.pipeline_stage,
    (s.totals).project_count,
    (s.totals).contract_value,
    (s.totals).expected_value,
    -- By its words, else by what holds for it today; to be looked at before it is run.
    stage_rule_statement(
        s.pipeline_stage, coalesce(w.stage_bucket, r.stage_bucket), coalesce(w.default_probability, r.default_probability),
        coalesce(r.default_spread, 0.15), coalesce(w.outcome, r.outcome)) AS statement,
    coalesce(w.reason, 'no word of it is known: as it is forecast today') AS reason
FROM (
    SELECT i.pipeline_stage,
           pipeline_forecast_totals(
               i.stage_bucket, i.total_order_value, i.new_enquiry_value,
               @list forecast/model_rate.sql@, i.probability_percent, i.default_probability,
               i.conversion_confidence, i.default_spread) AS totals
    FROM forecast_input i
    WHERE i.stage_rule = '(any other)' AND i.pipeline_stage <> '(any other)' AND btrim(i.pipeline_stage) <> ''
    GROUP BY i.pipeline_stage
) s
JOIN pipeline_stage r ON r.stage = '(any other)'
LEFT JOIN LATERAL recognise_stage(s.pipeline_stage) w ON true;

COMMENT ON VIEW pipeline.vw_stages_without_rule IS
    'The stages of active projects that have no row in pipeline_stage, with their projects, their money, and the statement that adds one: by its words where they are known, else what holds for the stage today. Look at its bucket (Committed, Open, Lost), probability, spread and outcome (won, lost, open) before you run it.';
COMMENT ON COLUMN pipeline.vw_stages_without_rule.statement IS 'Adds a rule for the stage; change what it says to what the stage means.';
COMMENT ON COLUMN pipeline.vw_stages_without_rule.reason IS 'Why the statement says so.';
