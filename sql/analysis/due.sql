-- Analyses without being asked: before the daily snapshot, after an import, and of what was left out otherwise.

-- The forecast must not wait for an analysis that fails.
CREATE FUNCTION pipeline_internal.try_to_analyze_projects() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM analyze_projects();
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING USING
        ERRCODE = SQLSTATE,
        MESSAGE = format('projects were not analysed: %s', SQLERRM),
        HINT = 'The forecast goes by the former analyses. SELECT pipeline.analyze_projects() tries again.';
END;
$$;
COMMENT ON FUNCTION pipeline_internal.try_to_analyze_projects() IS
    'analyze_projects(), of which an error is a warning.';

CREATE FUNCTION pipeline.analyze_due_projects(most integer DEFAULT 10000) RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    due text[];
    analysed integer;
BEGIN
    PERFORM require_writable('analyse projects');
    PERFORM require_layout();
    IF most IS NULL OR most < 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('most must be 1 or more, not %s', coalesce(most::text, 'NULL')),
            HINT = 'Where more projects are due, all are analysed in one pass. Leave it out for 10000.';
    END IF;
    -- Two at once would do the same.
    PERFORM pg_advisory_xact_lock(hashtext('pipeline_forecast.analysis'));
    IF EXISTS (SELECT FROM sync_log l WHERE l.sync_type = 'import' AND l.metadata->>'analysis' = 'due') THEN
        analysed := analyze_projects();
        UPDATE sync_log l SET metadata = l.metadata || '{"analysis": "done"}'
        WHERE l.sync_type = 'import' AND l.metadata->>'analysis' = 'due';
        RETURN analysed;
    END IF;
    due := ARRAY(
        SELECT p.monday_id
        FROM projects p
        LEFT JOIN analysis_results a ON a.project_id = p.monday_id
        WHERE p.state = 'active'
          AND (a.project_id IS NULL OR a.analysis_version IS DISTINCT FROM analysis_version())
          -- These have no analysis, which analyze_projects() says whenever it is called.
          AND coalesce(p.new_enquiry_value, 0) >= 0
        LIMIT most + 1);
    RETURN CASE
        WHEN cardinality(due) = 0 THEN 0
        WHEN cardinality(due) <= most THEN analyze_projects(due)
        ELSE analyze_projects() END;
END;
$$;
COMMENT ON FUNCTION pipeline.analyze_due_projects(integer) IS
    'Analyses the active projects that have no analysis, or one by the rules of another version; all projects where more than most are due, or after an import that was too large to be analysed with it. Returns the number of analyses written, 0 where nothing was due. A job calls it every 10 minutes. Error 22023 most < 1.';

-- Few are analysed at once; for many the import should not wait.
CREATE FUNCTION pipeline_internal.analyze_imported(run bigint, changed bigint) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF changed BETWEEN 1 AND 50000 THEN
        PERFORM try_to_analyze_projects();
    ELSIF changed > 50000 THEN
        UPDATE sync_log SET metadata = metadata || '{"analysis": "due"}' WHERE id = run;
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.analyze_imported(bigint, bigint) IS
    'For the end of an import run that changed so many projects: analyses up to 50,000 with it, and leaves more to analyze_due_projects().';
