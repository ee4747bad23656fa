-- What the page shows of projects: finding one, and all there is to say of it.

-- Immutable, so that whoever has very many projects may index it by trigrams: docs/page.md.
CREATE FUNCTION pipeline_internal.project_search_text(
    item_name text, project_name text, account text, sales_representative text
) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(item_name, '') || E'\n' || coalesce(project_name, '') || E'\n' || coalesce(account, '') || E'\n'
    || coalesce(sales_representative, '');
COMMENT ON FUNCTION pipeline_internal.project_search_text(text, text, text, text) IS
    'What a project is found by, beside its id, a line each.';

CREATE FUNCTION pipeline_work.projects_document(words text, most integer DEFAULT 20) RETURNS json
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
-- The pattern decides whether an index serves.
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    wanted text := btrim(coalesce(words, ''));
    literal text := replace(replace(replace(wanted, E'\\', E'\\\\'), '%', E'\\%'), '_', E'\\_');
    is_id boolean := EXISTS (SELECT FROM projects p WHERE p.monday_id = wanted);
BEGIN
    PERFORM require_layout();
    RETURN (
        WITH found AS (
            -- By their index: ids are what people paste.
            SELECT p.monday_id FROM projects p WHERE p.monday_id LIKE literal || '%' AND wanted <> ''
            UNION
            SELECT p.monday_id FROM projects p
            WHERE p.state = 'active' AND wanted <> '' AND NOT is_id
              AND project_search_text(p.item_name, p.project_name, p.account, p.sales_representative) ILIKE '%' || literal || '%'
        ), ranked AS (
            SELECT p.monday_id, coalesce(nullif(p.project_name, ''), p.item_name) AS name, p.account, p.sales_representative,
                p.pipeline_stage, p.state, pipeline_contract_value(p.total_order_value, p.new_enquiry_value) AS contract_value,
                count(*) OVER () AS total,
                row_number() OVER (ORDER BY p.monday_id = wanted DESC, (p.state = 'active' AND p.stage_bucket <> 'Lost') DESC,
                    pipeline_contract_value(p.total_order_value, p.new_enquiry_value) DESC NULLS LAST,
                    coalesce(nullif(p.project_name, ''), p.item_name), p.monday_id) AS rank
            FROM found f
            JOIN projects p ON p.monday_id = f.monday_id
        )
        SELECT json_build_object(
            'projects', coalesce(json_agg(json_build_object(
                'project_id', r.monday_id, 'project_name', r.name, 'account', r.account,
                'sales_representative', r.sales_representative, 'pipeline_stage', r.pipeline_stage, 'state', r.state,
                'contract_value', r.contract_value) ORDER BY r.rank), '[]'),
            'total', coalesce(max(r.total), 0))
        FROM ranked r
        WHERE r.rank <= most);
END;
$$;
COMMENT ON FUNCTION pipeline_work.projects_document(text, integer) IS
    'Projects whose id begins with a text, in any state, and active ones whose name, account or sales representative contains it, in any case, as a JSON document: open ones first, the largest of them first, and how many there are in all (total). Where the text is an id, only ids count. None for a blank text.';

-- Every moment at which what the forecast reads of a project changed: on its board or by an analysis.
CREATE FUNCTION pipeline_internal.project_versions(project text, most integer) RETURNS TABLE(valid_from timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT p.valid_from FROM project_history p WHERE p.project_id = $1
    UNION
    SELECT a.valid_from FROM analysis_history a WHERE a.project_id = $1
    ORDER BY valid_from DESC
    LIMIT $2
$$;
COMMENT ON FUNCTION pipeline_internal.project_versions(text, integer) IS
    'The newest moments at which the forecast of a project may have changed.';

CREATE FUNCTION pipeline_work.project_document(project_id text, most_versions integer DEFAULT 50) RETURNS json
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path FROM CURRENT
SET timezone = 'UTC'
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    wanted text COLLATE "C" := project_id;
    analysis_steps json;
    analysis_problem text;
    answer json;
BEGIN
    PERFORM require_layout();
    -- A project whose values are out of range has no analysis, and the reason is worth telling.
    BEGIN
        SELECT json_agg(json_build_object('step', e.step, 'detail', e.detail, 'value', e.value)) INTO analysis_steps
        FROM explain_analysis(wanted) e;
    EXCEPTION WHEN no_data_found OR invalid_parameter_value THEN
        analysis_problem := SQLERRM;
    END;

    SELECT json_build_object(
        'project_id', d.project_id,
        'project_name', d.project_name,
        'state', d.state,
        'account', d.account,
        'type', d.type,
        'category', d.category,
        'product_type', d.product_type,
        'pipeline_stage', d.pipeline_stage,
        'date_created', d.date_created,
        'currency', pipeline_currency(),
        'forecast', (
            SELECT json_build_object(
                'stage_bucket', f.stage_bucket, 'contract_value', f.contract_value, 'probability', f.probability,
                'probability_source', f.probability_source, 'forecast_date', f.forecast_date,
                'forecast_date_source', f.forecast_date_source, 'committed_value', f.committed_value,
                'expected_value', f.expected_value, 'best_case_value', f.best_case_value,
                'worst_case_value', f.worst_case_value)
            FROM vw_pipeline_forecast_project_v1 f WHERE f.project_id = wanted),
        'forecast_steps', (
            SELECT coalesce(json_agg(json_build_object(
                'step', e.step, 'rule', e.rule, 'input', e.input, 'value', e.value) ORDER BY e.position), '[]')
            FROM vw_forecast_explanation_v1 e WHERE e.project_id = wanted),
        'analysis', (
            SELECT json_build_object(
                'rating_score', a.rating_score, 'expected_gestation_days', a.expected_gestation_days,
                'gestation_confidence', a.gestation_confidence, 'expected_conversion_rate', a.expected_conversion_rate,
                'conversion_confidence', a.conversion_confidence, 'analysed_at', a.analysis_timestamp,
                'llm_status', a.llm_status, 'llm_model', a.llm_model, 'summary', a.summary,
                'gestation_reason', a.reasoning->>'gestation', 'conversion_reason', a.reasoning->>'conversion',
                'rating_reason', a.reasoning->>'rating', 'special_factors', a.special_factors)
            FROM analysis_results a WHERE a.project_id = wanted),
        'analysis_steps', coalesce(analysis_steps, '[]'),
        'analysis_problem', analysis_problem,
        'history', (
            SELECT coalesce(json_agg(json_build_object(
                'valid_from', v.valid_from, 'is_forecast', o.project_id IS NOT NULL, 'pipeline_stage', o.pipeline_stage,
                'contract_value', o.contract_value, 'probability', o.probability, 'expected_value', o.expected_value,
                'forecast_date', o.forecast_date) ORDER BY v.valid_from DESC), '[]')
            FROM project_versions(wanted, most_versions) v
            LEFT JOIN LATERAL (
                SELECT * FROM pipeline_forecast_as_of(v.valid_from) then_forecast
                WHERE then_forecast.project_id = wanted
            ) o ON true),
        'lineage', (
            SELECT to_json(stations) FROM (
                SELECT l.last_event_at, l.last_event_type, l.last_event_status, l.last_event_error,
                       l.monday_updated_at, l.last_synced_at, l.last_sync_job_at, l.last_sync_job_status,
                       l.last_sync_job_detail, l.analysed_at, l.llm_status, l.pushed_at, l.push_error, l.open_jobs,
                       l.next_job_type, l.next_job_status, l.next_job_due_at, l.next_job_detail, l.last_failed_job_type,
                       l.last_failed_at, l.last_failure, l.finding
                FROM project_lineage l WHERE l.project_id = wanted
            ) stations))
    INTO answer
    FROM vw_dim_project d
    WHERE d.project_id = wanted;
    IF answer IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'P0002',
            MESSAGE = format('unknown project "%s"', left(coalesce(wanted, 'NULL'), 100)),
            HINT = 'Name the monday_id of a project that is or was there.';
    END IF;
    RETURN answer;
END;
$$;
COMMENT ON FUNCTION pipeline_work.project_document(text, integer) IS
    'All there is to say of one project as a JSON document: its forecast and analysis with the steps of both, its newest versions, and its lineage; also of one that was archived or deleted, without a forecast then. Error P0002 for a project that never was there.';
