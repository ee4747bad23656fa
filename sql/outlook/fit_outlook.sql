-- A run is stored with the rights of the owner of the tables: whoever fits adds a run, and nobody changes one.

CREATE OR REPLACE FUNCTION pipeline.fit_outlook(as_of timestamptz DEFAULT now()) RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER
SET search_path FROM CURRENT
SET jit = off
AS $$
DECLARE
    started timestamptz := clock_timestamp();
    moment timestamptz := as_of;
    stored integer;
BEGIN
    PERFORM require_writable('fit the outlook');
    PERFORM require_layout();
    IF moment IS NULL OR NOT isfinite(moment) OR moment > now() THEN
        RAISE EXCEPTION USING
            ERRCODE = CASE WHEN moment IS NULL THEN '22004' ELSE '22023' END,
            MESSAGE = CASE WHEN moment IS NULL THEN 'as_of must not be null'
                           ELSE format('the outlook cannot be fitted as of %s', moment) END,
            HINT = 'Name a moment in the past, or leave as_of out for now.';
    END IF;
    -- Two at once would judge the same months; the second waits and reads what the first has stored.
    PERFORM pg_advisory_xact_lock(hashtext('pipeline_forecast.outlook'));

    WITH fresh AS MATERIALIZED (
        SELECT * FROM compute_outlook(moment, pipeline_setting('outlook_blend') = '1')
    ),
    learned AS MATERIALIZED (
        SELECT f.document, f.input_hash FROM fresh f WHERE f.document IS NOT NULL
    ),
    -- The same moment and the same history give the same run, which is there already.
    run AS (
        INSERT INTO outlook_run (
            as_of, source, known_from, input_hash, duration_ms,
            @list outlook/run_columns.sql@)
        SELECT moment, CASE WHEN moment < pipeline_today()::timestamp AT TIME ZONE 'UTC' THEN 'replay' ELSE 'live' END,
               to_timestamp((l.document->'run'->>'known_from_day')::double precision * 86400), l.input_hash,
               round(extract(epoch FROM clock_timestamp() - started) * 1000),
               @list outlook/run_columns.sql r@
        FROM learned l
        CROSS JOIN LATERAL jsonb_populate_record(NULL::outlook_run, l.document->'run') r
        ON CONFLICT ON CONSTRAINT outlook_run_key DO NOTHING
        RETURNING *
    ),
    factors AS (
        INSERT INTO outlook_factor (run_id, factor_name, group_number, cause, group_name, observed, expected, kappa, factor)
        SELECT run.run_id, f.factor_name, f.group_number, f.cause, f.group_name, f.observed, f.expected, f.kappa, f.factor
        FROM run
        CROSS JOIN learned l
        CROSS JOIN LATERAL jsonb_populate_recordset(NULL::outlook_factor, l.document->'factors') f
    ),
    projects AS (
        INSERT INTO outlook_project (run_id, project_id, p_won, later, lost, win_value, months, reasons, groups)
        SELECT run.run_id, f.project_id, f.p_won, f.later, f.lost, f.win_value, f.months, f.reasons, f.groups
        FROM run
        CROSS JOIN fresh f
        WHERE f.project_id IS NOT NULL
    ),
    new_months AS (
        INSERT INTO outlook_new_month (run_id, @list outlook/new_month_columns.sql@)
        SELECT run.run_id, @list outlook/new_month_columns.sql n@
        FROM run
        CROSS JOIN learned l
        CROSS JOIN LATERAL jsonb_populate_recordset(NULL::outlook_new_month, l.document->'new_months') n
    ),
    months AS (
        INSERT INTO outlook_month (
            run_id, @list outlook/month_columns.sql@,
            v1_value, naive_last_month, naive_last_year, naive_mean)
        SELECT run.run_id, @list outlook/month_columns.sql m@,
               b.v1_value, b.naive_last_month, b.naive_last_year, b.naive_mean
        FROM run
        CROSS JOIN learned l
        CROSS JOIN LATERAL jsonb_populate_recordset(NULL::outlook_month, l.document->'months') m
        LEFT JOIN outlook_rivals(moment, l.document->'won_months') b
            ON m.part = 'total' AND b.month = m.month AND b.span = m.span
    ),
    judged AS (
        INSERT INTO outlook_record (
            run_id, month, span, horizon, before_blend, forecast, k2, k3, p10, p90, actual, held, judged_as_of)
        SELECT m.run_id, m.month, m.span, m.horizon, m.before_blend, m.k1, m.k2, m.k3, m.p10, m.p90, j.actual, j.held, moment
        FROM run
        CROSS JOIN learned l
        CROSS JOIN LATERAL jsonb_populate_recordset(NULL::outlook_record, l.document->'judged') j
        JOIN outlook_month m ON m.run_id = j.run_id AND m.month = j.month AND m.span = j.span AND m.part = 'total'
        -- What was judged stays as it was judged first.
        ON CONFLICT DO NOTHING
    )
    SELECT run.run_id INTO stored FROM run;
    RETURN coalesce(stored, (
        SELECT max(r.run_id) FROM outlook_run r WHERE r.as_of = moment));
END;
$$;
COMMENT ON FUNCTION pipeline.fit_outlook(timestamptz) IS
    'Fits the outlook as of a moment, from history up to it and nothing later, stores the run and returns its run_id. The same moment over the same history is the same run, which is then not stored again; over a history that was added to it is a new run, and the former stays. Bands of earlier month starts whose month is over are judged. Errors: 22004 null, 22023 a moment in the future, 25006 on a standby, 55000 before pipeline_setup().';
ALTER FUNCTION pipeline.fit_outlook(timestamptz) DEPENDS ON EXTENSION pipeline_forecast;
