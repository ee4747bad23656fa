-- The one rule by which a rule is proposed for a stage that has none.

CREATE FUNCTION pipeline_internal.stage_rule_proposal(
    stage text, other_bucket text, other_probability numeric, other_spread numeric, other_outcome text
)
RETURNS TABLE(stage_bucket text, default_probability numeric, default_spread numeric, outcome text, reason text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
ROWS 1
SET search_path FROM CURRENT
AS $$
    SELECT r.stage_bucket, r.default_probability,
           CASE WHEN r.stage_bucket = 'Open' THEN coalesce(other_spread, 0.15) END, r.outcome, r.reason
    FROM (
        SELECT 'Committed' AS stage_bucket, 1::numeric AS default_probability, 'won' AS outcome,
               'label of ' || (p.preset->>'preset') AS reason, 1 AS preference
        FROM import_presets() AS p (preset) WHERE p.preset->'won' ? $1
        UNION ALL
        SELECT 'Lost', 0, 'lost', 'label of ' || (p.preset->>'preset'), 2
        FROM import_presets() AS p (preset) WHERE p.preset->'lost_labels' ? $1
        UNION ALL
        SELECT w.stage_bucket, w.default_probability, w.outcome, w.reason, 3 FROM recognise_stage($1) w
        UNION ALL
        SELECT other_bucket, other_probability, other_outcome,
               'no word of it is known: as it is forecast today', 4
        ORDER BY 5, 4
        LIMIT 1
    ) r
$$;
COMMENT ON FUNCTION pipeline_internal.stage_rule_proposal(text, text, numeric, numeric, text) IS
    'The rule proposed for a stage that has none: as a known program that gives this label to what is won or lost means it, else by its words, else as the rule (any other) forecasts it today, whose values are the other arguments.';
