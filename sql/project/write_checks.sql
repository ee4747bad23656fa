-- What may be written to projects, and what keeps every project under the right stage rule.

-- The row triggers name all that they use with its schema: a pinned search_path would be set and reset for every row.

CREATE FUNCTION pipeline_internal.check_project_row() RETURNS trigger
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'pipeline_check_project_row';
COMMENT ON FUNCTION pipeline_internal.check_project_row() IS
    'Row trigger of projects: refuses values that no forecast can hold (22003, 22008, 22023) and sets stage_rule and stage_bucket.';

CREATE FUNCTION pipeline_internal.check_item_row() RETURNS trigger
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'pipeline_check_item_row';
COMMENT ON FUNCTION pipeline_internal.check_item_row() IS
    'Row trigger of subitems and hidden_items: refuses empty ids (22023), days that no report can show (22008), and what is no number (22023).';

CREATE FUNCTION pipeline_internal.stage_rule_of(pipeline_stage text) RETURNS TABLE(stage text, stage_bucket text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT s.stage, s.stage_bucket
    FROM pipeline_stage s
    WHERE s.stage IN ($1, '(any other)')
    ORDER BY s.stage = '(any other)'
    LIMIT 1
$$;
COMMENT ON FUNCTION pipeline_internal.stage_rule_of(text) IS 'The stage rule that applies to a stage, and its bucket.';

-- Writing a row is what gives it its rule: see check_project_row().
CREATE FUNCTION pipeline_internal.apply_stage_rules() RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
    UPDATE projects p
    SET pipeline_stage = p.pipeline_stage
    FROM projects q
    LEFT JOIN pipeline_stage s ON s.stage = q.pipeline_stage
    JOIN pipeline_stage any_other ON any_other.stage = '(any other)'
    WHERE q.id = p.id
      AND (p.stage_rule, p.stage_bucket)
          <> (coalesce(s.stage, any_other.stage), coalesce(s.stage_bucket, any_other.stage_bucket))
$$;
COMMENT ON FUNCTION pipeline_internal.apply_stage_rules() IS
    'Gives every project the stage rule that now applies.';

CREATE FUNCTION pipeline_internal.keep_stage_history() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    -- In the order of the edits even where the clock was set back.
    moment timestamptz := greatest(clock_timestamp(), (
        SELECT max(greatest(h.valid_from, h.valid_to)) FROM pipeline_stage_history h) + interval '1 microsecond');
BEGIN
    UPDATE pipeline_stage_history h
    SET valid_to = moment, is_removed = NOT EXISTS (SELECT FROM pipeline_stage s WHERE s.stage = h.stage)
    WHERE h.valid_to IS NULL
      AND NOT EXISTS (
        SELECT FROM pipeline_stage s
        WHERE s.stage = h.stage
          AND (s.stage_bucket, s.default_probability, s.default_spread, s.outcome)
              IS NOT DISTINCT FROM (h.stage_bucket, h.default_probability, h.default_spread, h.outcome));
    -- Before the setup no rules were kept: the earliest known one of a stage is taken for that time.
    INSERT INTO pipeline_stage_history
        (stage, stage_bucket, default_probability, default_spread, outcome, valid_from, valid_to, is_removed, is_assumed)
    SELECT s.stage, s.stage_bucket, s.default_probability, s.default_spread, s.outcome,
           '-infinity', (SELECT min(v.applied_at) FROM pipeline_schema_version v), true, true
    FROM pipeline_stage s
    WHERE NOT EXISTS (SELECT FROM pipeline_stage_history h WHERE h.stage = s.stage);
    INSERT INTO pipeline_stage_history
        (stage, stage_bucket, default_probability, default_spread, outcome, valid_from)
    SELECT s.stage, s.stage_bucket, s.default_probability, s.default_spread, s.outcome, moment
    FROM pipeline_stage s
    WHERE NOT EXISTS (
        SELECT FROM pipeline_stage_history h WHERE h.stage = s.stage AND h.valid_to IS NULL);
END;
$$;
COMMENT ON FUNCTION pipeline_internal.keep_stage_history() IS
    'Adds a version to pipeline_stage_history for each rule that differs from its last one, and ends those of rules that are gone.';

CREATE FUNCTION pipeline_internal.stage_rules_changed() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pipeline_stage WHERE stage = '(any other)') THEN
        RAISE EXCEPTION USING
            ERRCODE = '23503',
            MESSAGE = 'the stage rule "(any other)" cannot be removed',
            DETAIL = 'It serves every stage that has no rule of its own.',
            HINT = 'Change its bucket, probability or spread instead.';
    END IF;

    -- Projects that are being written find the rules as they were; wait for them, so that none keeps an old rule.
    LOCK TABLE projects IN SHARE ROW EXCLUSIVE MODE;
    PERFORM keep_stage_history();
    PERFORM apply_stage_rules();
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.stage_rules_changed() IS
    'Statement trigger of pipeline_stage: keeps its history and gives every project the rule that now applies.';

CREATE FUNCTION pipeline_internal.refuse_truncate() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = '0A000',
        MESSAGE = format('table "%s" cannot be truncated', TG_TABLE_NAME),
        DETAIL = 'TRUNCATE would leave its history without an end.',
        HINT = CASE WHEN TG_TABLE_NAME = 'pipeline_stage' THEN 'Use DELETE, which leaves the rule "(any other)".'
                    ELSE 'Use DELETE, or set state to deleted.' END;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.refuse_truncate() IS 'Keeps TRUNCATE from breaking history.';
