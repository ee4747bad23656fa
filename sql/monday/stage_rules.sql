-- Labels of stages that have no rule, and rules proposed for them.

CREATE FUNCTION pipeline_internal.stage_rules_of_labels(settings jsonb, items jsonb DEFAULT '{}')
RETURNS TABLE(stage text, stage_bucket text, default_probability numeric, outcome text, reason text, items bigint)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT p.stage, p.stage_bucket, p.default_probability, p.outcome, p.reason, coalesce((stage_rules_of_labels.items->>p.stage)::bigint, 0)
    FROM propose_stages(monday_stage_labels(settings)) WITH ORDINALITY AS p (stage, stage_bucket, default_probability, outcome, reason, n)
    WHERE NOT EXISTS (SELECT FROM pipeline_stage s WHERE s.stage = p.stage)
    ORDER BY p.n
$$;
COMMENT ON FUNCTION pipeline_internal.stage_rules_of_labels(jsonb, jsonb) IS
    'Rules proposed for the labels of a status column that have none, in the order of the board, with the number of items ({"label": number}) in each.';

CREATE FUNCTION pipeline.stage_rules_to_add(config jsonb DEFAULT NULL)
RETURNS TABLE(
    stage text, projects bigint, contract_value numeric, stage_bucket text, default_probability numeric,
    default_spread numeric, outcome text, reason text, statement text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_layout();
    RETURN QUERY
    WITH given AS (
        SELECT r.*
        FROM jsonb_to_recordset(coalesce(monday_config_stages(config), '[]')) AS r (
            stage text, stage_bucket text, default_probability numeric, default_spread numeric, outcome text)
    ),
    used AS (
        SELECT w.pipeline_stage, w.project_count, w.contract_value FROM vw_stages_without_rule w
    ),
    label AS (
        SELECT btrim(l.text) AS stage
        FROM monday_board b
        JOIN monday_column c ON c.board_id = b.board_id AND c.field = 'pipeline_stage'
        CROSS JOIN LATERAL jsonb_each_text(CASE jsonb_typeof(c.labels) WHEN 'object' THEN c.labels ELSE '{}' END) AS l (id, text)
        WHERE b.is_active AND b.role = 'parent'
        UNION
        SELECT u.pipeline_stage FROM used u
        UNION
        SELECT g.stage FROM given g
    )
    SELECT l.stage, coalesce(u.project_count, 0)::bigint, coalesce(u.contract_value, 0), r.stage_bucket,
        r.default_probability, r.default_spread, r.outcome, r.reason,
        stage_rule_statement(l.stage, r.stage_bucket, r.default_probability, r.default_spread, r.outcome)
    FROM label l
    LEFT JOIN used u ON u.pipeline_stage = l.stage
    CROSS JOIN LATERAL (
        SELECT g.stage_bucket, g.default_probability, CASE WHEN g.stage_bucket = 'Open' THEN g.default_spread END AS default_spread,
            g.outcome, 'of the board file' AS reason, 1 AS preference
        FROM given g
        WHERE g.stage = l.stage
        UNION ALL
        SELECT p.stage_bucket, p.default_probability, p.default_spread, p.outcome, p.reason, 2
        FROM pipeline_stage a
        CROSS JOIN LATERAL stage_rule_proposal(
            l.stage, a.stage_bucket, a.default_probability, a.default_spread, a.outcome) p
        WHERE a.stage = '(any other)'
        ORDER BY 6
        LIMIT 1
    ) r
    WHERE l.stage <> '' AND NOT EXISTS (SELECT FROM pipeline_stage s WHERE s.stage = l.stage)
    ORDER BY 2 DESC, 3 DESC, 1;
END;
$$;
COMMENT ON FUNCTION pipeline.stage_rules_to_add(jsonb) IS
    'The stages that have no row in pipeline_stage: of the boards'' labels, of active projects, and of a board configuration (config). For each the active projects in it and their contract value, the rule that is proposed (of the configuration, else as vw_stages_without_rule proposes it), and the statement that adds it, for the owner of the tables to look over and to run. Error 22023 for a configuration that makes no sense.';

CREATE FUNCTION pipeline_internal.tell_stages_without_rule(config jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    told record;
BEGIN
    SELECT count(*) AS stages, sum(r.projects) AS projects, sum(r.contract_value) AS contract_value,
        string_agg(format('"%s" (%s projects, %s)', r.stage, r.projects, to_char(r.contract_value, 'FM999,999,999,999,990.00')), ', '
                   ORDER BY r.projects DESC, r.contract_value DESC, r.stage) AS list,
        string_agg(r.statement, E'\n' ORDER BY r.projects DESC, r.contract_value DESC, r.stage) AS statements
    INTO told
    FROM stage_rules_to_add(config) r;
    IF told.stages > 0 THEN
        RAISE NOTICE USING
            MESSAGE = format('%s stages have no rule and are forecast by the rule (any other): %s', told.stages, told.list),
            HINT = E'Look these over and run them as the owner of the tables:\n' || told.statements;
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.tell_stages_without_rule(jsonb) IS
    'A notice that names the stages without a rule, their projects and their value, and the statements that add rules.';
