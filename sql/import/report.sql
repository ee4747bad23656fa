-- What came of an import, and what the forecast rests on after it.

-- Refusals that change a forecast or a statistic; what is only told beside it is not important.
CREATE FUNCTION pipeline_internal.is_important_refusal(field text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN field IS NULL OR field NOT IN ('project_name', 'item_name', 'zip_code', 'funding', 'feedback', 'lost_to_who_or_why',
                                      'sales_representative', 'weighted_pipeline', 'project_value');
COMMENT ON FUNCTION pipeline_internal.is_important_refusal(text) IS
    'Whether a refused value of a field (NULL: a whole row) is a loss for the forecast or its statistics.';

-- The stages of active projects that have no rule, with the rule that their words propose.
CREATE FUNCTION pipeline_internal.stages_to_decide() RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'stage', u.pipeline_stage, 'projects', u.project_count, 'contract_value', u.contract_value,
        'stage_bucket', u.stage_bucket, 'outcome', u.outcome, 'default_probability', u.default_probability,
        'reason', u.reason, 'statement', u.statement)
        ORDER BY u.contract_value DESC, u.project_count DESC, u.pipeline_stage), '[]')
    FROM vw_stages_without_rule u
$$;
COMMENT ON FUNCTION pipeline_internal.stages_to_decide() IS
    'The stages without a rule: [{"stage", "projects", "contract_value", the proposed rule, "statement"}], the most money first.';

CREATE FUNCTION pipeline.import_report(run_id bigint DEFAULT NULL) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    run sync_log;
    refused jsonb;
    important bigint;
BEGIN
    PERFORM require_layout();
    SELECT l.* INTO run FROM sync_log l
    WHERE l.sync_type = 'import' AND (import_report.run_id IS NULL OR l.id = import_report.run_id)
    ORDER BY l.id DESC LIMIT 1;
    IF run.id IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'P0002',
            MESSAGE = CASE WHEN run_id IS NULL THEN 'nothing was imported yet' ELSE format('there is no import with number %s', run_id) END,
            HINT = 'sync_log has all runs: SELECT id, started_at, board_name FROM pipeline.sync_log WHERE sync_type = ''import'';';
    END IF;
    SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
               'field', g.field, 'reason', g.reason, 'count', g.count, 'important', is_important_refusal(g.field),
               'examples', g.examples)) ORDER BY g.count DESC, g.field NULLS FIRST, g.reason), '[]'),
           coalesce(sum(g.count) FILTER (WHERE is_important_refusal(g.field)), 0)
    INTO refused, important
    FROM (
        -- Reasons that name the value are one reason.
        SELECT r.field, r.reason, count(*) AS count,
               (jsonb_agg(jsonb_build_object('line', r.line, 'value', left(r.raw_value, 200)) ORDER BY r.id) FILTER (WHERE r.nth <= 3)) AS examples
        FROM (
            SELECT s.*, row_number() OVER (PARTITION BY s.field, s.reason ORDER BY s.id) AS nth
            FROM sync_reject s WHERE s.run_id = run.id
        ) r
        GROUP BY r.field, r.reason
    ) g;
    RETURN jsonb_build_object(
        'run_id', run.id,
        'source', run.board_name,
        'rows', run.items_processed,
        'inserted', run.items_created, 'updated', run.items_updated, 'unchanged', run.items_unchanged,
        'rejected', run.items_rejected,
        'taken', run.items_created + run.items_updated + run.items_unchanged,
        'known', (SELECT coalesce(jsonb_object_agg(f.counted->>'field', f.counted->'known'), '{}')
                  FROM jsonb_array_elements(run.metadata->'fields') AS f (counted)),
        'archived', run.items_deleted,
        'refused', refused,
        'important_refusals', important,
        'stages_without_rule', stages_to_decide(),
        'forecast', (SELECT to_jsonb(v) FROM vw_forecast_quality_verdict v));
END;
$$;
COMMENT ON FUNCTION pipeline.import_report(bigint) IS
'What came of an import (NULL: of the last one): rows read, taken and refused; of how many each mapped field is known; what was refused by reason, with examples and their lines; stages without a rule with their projects, value and the statement that adds a rule; and what the forecast rests on now (vw_forecast_quality_verdict). important_refusals counts the refused rows and values that a forecast or a statistic misses.
Error P0002 for a run that is no import.';
