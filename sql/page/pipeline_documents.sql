-- The forecast as JSON documents, as programs ask for it over HTTP. Money leaves as the exact numeric it is.

CREATE FUNCTION pipeline_internal.known_stage_bucket(label text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    bucket text := initcap(btrim(label));
BEGIN
    IF bucket = '' THEN
        RETURN NULL;
    END IF;
    IF bucket NOT IN (@list forecast/buckets.sql@) THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('unknown stage_bucket "%s"', left(label, 100)),
            HINT = 'Name Committed, Open or Lost, in any case; leave it out for all.';
    END IF;
    RETURN bucket;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.known_stage_bucket(text) IS
    'The stage bucket that a text means: trimmed, in any case; NULL for a blank. Error 22023.';

CREATE FUNCTION pipeline_internal.forecast_quality_document() RETURNS json
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
SET timezone = 'UTC'
AS $$
BEGIN
    RETURN (
        SELECT json_build_object(
            'state', q.state, 'verdict', q.verdict, 'open_project_count', q.project_count,
            'guessed_value', q.guessed_value, 'guessed_share', q.guessed_share,
            'findings', coalesce(to_json(string_to_array(q.detail, E'\n')), '[]'), 'refreshed_at', q.refreshed_at)
        FROM mv_forecast_quality q);
END;
$$;
COMMENT ON FUNCTION pipeline_internal.forecast_quality_document() IS
    'What the forecast rests on, as of the last refresh, as a JSON document: the verdict, and a line for each finding.';

CREATE FUNCTION pipeline_work.forecast_pipeline_version() RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_layout();
    RETURN concat_ws(' ', pipeline_today(), extract(epoch FROM (SELECT max(m.refreshed_at) FROM mv_pipeline_forecast_monthly_12m_v1 m)),
                     extract(epoch FROM (SELECT max(s.refreshed_at) FROM mv_forecast_scope s)),
                     extract(epoch FROM (SELECT max(q.refreshed_at) FROM mv_forecast_quality q)));
END;
$$;
COMMENT ON FUNCTION pipeline_work.forecast_pipeline_version() IS
    'Changes when forecast_pipeline_document() would answer something else: with the day and with every refresh.';

CREATE FUNCTION pipeline_work.forecast_pipeline_document(
    months integer DEFAULT 12,
    as_of_month date DEFAULT NULL,
    stage_bucket text DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    bucket text := known_stage_bucket(stage_bucket);
    first_month date := pipeline_forecast_month(coalesce(as_of_month, pipeline_today()));
    end_month date;
BEGIN
    IF months IS NULL OR months NOT BETWEEN 1 AND 12 THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('months must be between 1 and 12, not %s', coalesce(months::text, 'NULL')),
            HINT = 'Leave it out for 12.';
    END IF;
    end_month := (first_month + make_interval(months => months))::date;
    RETURN (
        SELECT json_build_object(
            'source', 'mv_pipeline_forecast_monthly_12m_v1',
            'window_start', first_month,
            'window_end_exclusive', end_month,
            'months_requested', months,
            'stage_bucket', bucket,
            'row_count', count(*),
            'totals', json_build_object(
                'project_count', coalesce(sum(m.project_count), 0),
                'contract_value', coalesce(sum(m.contract_value), 0.00),
                'committed_value', coalesce(sum(m.committed_value), 0.00),
                'expected_value', coalesce(sum(m.expected_value), 0.00),
                'best_case_value', coalesce(sum(m.best_case_value), 0.00),
                'worst_case_value', coalesce(sum(m.worst_case_value), 0.00)),
            'rows', coalesce(json_agg(json_build_object(
                'forecast_month', m.forecast_month,
                'stage_bucket', m.stage_bucket,
                'project_count', m.project_count,
                'contract_value', m.contract_value,
                'committed_value', m.committed_value,
                'expected_value', m.expected_value,
                'best_case_value', m.best_case_value,
                'worst_case_value', m.worst_case_value)
                ORDER BY m.forecast_month, m.stage_bucket COLLATE "C"), '[]'),
            'scope', (
                SELECT json_agg(json_build_object(
                    'line', s.line, 'is_in_forecast', s.is_in_forecast, 'project_count', s.project_count,
                    'contract_value', s.contract_value, 'expected_value', s.expected_value, 'open_value', s.open_value,
                    'about', s.about) ORDER BY s.sort_order)
                FROM mv_forecast_scope s),
            'quality', forecast_quality_document())
        FROM mv_pipeline_forecast_monthly_12m_v1 m
        WHERE m.forecast_month >= first_month AND m.forecast_month < end_month
          AND (bucket IS NULL OR m.stage_bucket = bucket));
END;
$$;
COMMENT ON FUNCTION pipeline_work.forecast_pipeline_document(integer, date, text) IS
    'The monthly forecast as of the last refresh, with totals (Lost included), what lies in and outside of the twelve months (scope) and what it rests on (quality), as the document of GET /forecast/pipeline: months from the month of as_of_month (default today) on, those outside the 12 materialized months left out. Error 22023.';

CREATE FUNCTION pipeline_work.forecast_snapshot_selection(
    day date DEFAULT NULL,
    project text DEFAULT NULL,
    bucket text DEFAULT NULL
) RETURNS TABLE(snapshot_date date, stage_bucket text, total_rows bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
-- What is asked for decides which index serves.
SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
BEGIN
    PERFORM require_layout();
    bucket := known_stage_bucket(bucket);
    IF day IS NULL THEN
        -- A day may be known without any row.
        day := greatest((SELECT max(d.snapshot_date) FROM pipeline_forecast_snapshot_day d),
                        (SELECT max(s.snapshot_date) FROM pipeline_forecast_snapshot s));
    END IF;
    -- A whole day was counted when it was taken: an export asks for it with each page.
    IF project IS NULL AND bucket IS NULL THEN
        RETURN QUERY SELECT day, bucket, d.row_count FROM pipeline_forecast_snapshot_day d WHERE d.snapshot_date = day;
        IF FOUND THEN
            RETURN;
        END IF;
    END IF;
    RETURN QUERY
    SELECT day, bucket, count(*)
    FROM pipeline_forecast_snapshot s
    WHERE s.snapshot_date = day
      AND (project IS NULL OR s.project_id = project)
      AND (bucket IS NULL OR s.stage_bucket = bucket);
END;
$$;
COMMENT ON FUNCTION pipeline_work.forecast_snapshot_selection(date, text, text) IS
    'What a request for a snapshot selects: its day (default the latest, NULL if there is none), the stage bucket as it is spelled, and how many rows there are. Error 22023.';

CREATE FUNCTION pipeline_work.forecast_snapshot_page(
    day date,
    project text DEFAULT NULL,
    bucket text DEFAULT NULL,
    skip bigint DEFAULT 0,
    row_limit integer DEFAULT 1000,
    after_month date DEFAULT NULL,
    after_project text DEFAULT NULL
) RETURNS TABLE(forecast_month date, project_id text, document json)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
SET timezone = 'UTC'
SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
BEGIN
    IF skip IS NULL OR skip < 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('skip must be 0 or more, not %s', coalesce(skip::text, 'NULL')),
            HINT = 'Leave it out to begin with the first row.';
    END IF;
    IF row_limit IS NULL OR row_limit < 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('row_limit must be 0 or more, not %s', coalesce(row_limit::text, 'NULL')),
            HINT = 'Leave it out for 1000 rows.';
    END IF;
    bucket := known_stage_bucket(bucket);
    -- The documents are made of the rows of the page, and not of all that are sorted.
    RETURN QUERY
    SELECT page.forecast_month, page.project_id, row_to_json(page)
    FROM (
        SELECT s.*
        FROM pipeline_forecast_snapshot s
        WHERE s.snapshot_date = day
          AND (project IS NULL OR s.project_id = project)
          AND (bucket IS NULL OR s.stage_bucket = bucket)
          AND (after_month IS NULL OR (s.forecast_month, s.project_id) > (after_month, after_project COLLATE "C"))
        ORDER BY s.forecast_month, s.project_id
        OFFSET skip LIMIT row_limit
    ) page
    ORDER BY page.forecast_month, page.project_id;
END;
$$;
COMMENT ON FUNCTION pipeline_work.forecast_snapshot_page(date, text, text, bigint, integer, date, text) IS
    'Rows of a snapshot by forecast month and project, each also as a JSON document: of all or one project, of all or one stage bucket, from a number of rows on or after a given row. Error 22023.';
