-- Stages that people use and no rule knows: they are forecast by the rule (any other), which may not be what they mean.
CREATE OR REPLACE VIEW pipeline.vw_stages_without_rule AS
SELECT
    s.pipeline_stage,
    (s.totals).project_count,
    (s.totals).contract_value,
    (s.totals).expected_value,
    -- To be looked at before it is run.
    stage_rule_statement(s.pipeline_stage, p.stage_bucket, p.default_probability, p.default_spread, p.outcome) AS statement,
    p.reason,
    p.stage_bucket,
    p.default_probability,
    p.outcome
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
CROSS JOIN LATERAL stage_rule_proposal(
    s.pipeline_stage, r.stage_bucket, r.default_probability, r.default_spread, r.outcome) p;

COMMENT ON VIEW pipeline.vw_stages_without_rule IS
    'The stages of active projects that have no row in pipeline_stage, with their projects, their money, and the statement that adds one: as a known program means its label, else by its words, else what holds for the stage today. Look at its bucket (Committed, Open, Lost), probability, spread and outcome (won, lost, open) before you run it.';
COMMENT ON COLUMN pipeline.vw_stages_without_rule.statement IS 'Adds a rule for the stage; change what it says to what the stage means.';
COMMENT ON COLUMN pipeline.vw_stages_without_rule.reason IS 'Why the statement says so.';
COMMENT ON COLUMN pipeline.vw_stages_without_rule.stage_bucket IS 'The bucket that the statement proposes.';
COMMENT ON COLUMN pipeline.vw_stages_without_rule.default_probability IS 'The probability that the statement proposes.';
COMMENT ON COLUMN pipeline.vw_stages_without_rule.outcome IS 'The outcome that the statement proposes: won, lost or open.';
