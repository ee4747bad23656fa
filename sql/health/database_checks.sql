-- Can the database be worked with.

CREATE TYPE pipeline_internal.health_verdict AS (state text, detail text, since timestamptz);
COMMENT ON TYPE pipeline_internal.health_verdict IS
    'What a check found: ok, warn or bad, why, and since when as far as that is known.';

CREATE FUNCTION pipeline_internal.check_layout() RETURNS health_verdict
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    hint text;
BEGIN
    PERFORM require_layout();
    RETURN ('ok', format('layout %s', layout_version()), NULL)::health_verdict;
EXCEPTION WHEN object_not_in_prerequisite_state THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    RETURN ('bad', format('%s. %s', SQLERRM, hint), NULL)::health_verdict;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.check_layout() IS 'Bad unless the tables have the layout of this version.';

-- A poller says at the beginning of a session which version it is; other sessions are none.
CREATE FUNCTION pipeline_internal.check_version() RETURNS health_verdict
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT CASE
        WHEN v.poller IS NULL THEN ('ok', format('extension %s', v.extension), NULL)::health_verdict
        WHEN substring(v.poller FROM '^[0-9]+[.][0-9]+') = substring(v.extension FROM '^[0-9]+[.][0-9]+')
        THEN ('ok', format('extension %s, poller %s', v.extension, v.poller), NULL)::health_verdict
        ELSE ('warn', format(
            'the extension of this database is %s, and the poller is %s: ALTER EXTENSION pipeline_forecast UPDATE and pipeline_setup(), or the poller that belongs to it',
            v.extension, v.poller), NULL)::health_verdict END
    FROM (
        SELECT e.extversion AS extension, nullif(current_setting('pipeline_poller.version', true), '') AS poller
        FROM pg_extension e WHERE e.extname = 'pipeline_forecast'
    ) v
$$;
COMMENT ON FUNCTION pipeline_internal.check_version() IS
    'A warning where the poller that asks has another major or minor version than the extension.';

CREATE FUNCTION pipeline_internal.check_writable() RETURNS health_verdict
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT CASE
        WHEN pg_is_in_recovery() THEN ('warn', 'standby', NULL)::health_verdict
        -- What this session has, or what a session would get that begins now: workers connect anew.
        WHEN current_setting('default_transaction_read_only')::boolean OR coalesce((
            SELECT split_part(c.entry, '=', 2)::boolean
            FROM pg_db_role_setting s
            CROSS JOIN unnest(s.setconfig) AS c (entry)
            WHERE s.setdatabase IN (0, (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))
              AND s.setrole IN (0, (SELECT r.oid FROM pg_roles r WHERE r.rolname = session_user))
              AND starts_with(c.entry, 'default_transaction_read_only=')
            -- The role within the database comes before the role, and that before the database.
            ORDER BY s.setrole <> 0 DESC, s.setdatabase <> 0 DESC
            LIMIT 1), false)
        THEN ('bad', 'the database is read only (default_transaction_read_only)', NULL)::health_verdict
        ELSE ('ok', 'can be written', NULL)::health_verdict END
$$;
COMMENT ON FUNCTION pipeline_internal.check_writable() IS
    'Bad where transactions are read only by default; a warning on a standby, which is there to be read.';

CREATE FUNCTION pipeline_internal.check_clock() RETURNS health_verdict
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN (
        SELECT CASE
            WHEN newest.moment <= now() + t.clock_tolerance THEN ('ok', 'nothing lies in the future', NULL)::health_verdict
            ELSE (CASE WHEN newest.moment > now() + t.clock_wrong THEN 'bad' ELSE 'warn' END,
                  format('%s is of %s UTC, which is yet to come: the clock was set back', newest.what,
                         to_char(newest.moment AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')),
                  NULL)::health_verdict END
        FROM health_thresholds() t
        CROSS JOIN (
            -- Each from the end of an index, or from a small table.
            SELECT * FROM (
                SELECT 'the newest sync run' AS what, max(l.started_at) AS moment FROM sync_log l
                UNION ALL SELECT 'the newest webhook event', max(e.received_at) FROM webhook_events e
                UNION ALL SELECT 'the newest snapshot', max(d.created_at) FROM pipeline_forecast_snapshot_day d
                UNION ALL SELECT 'the newest refresh', r.started_at FROM refreshes() r
                UNION ALL SELECT 'the newest sync of a board', max(b.high_water_mark) FROM monday_board b
                UNION ALL SELECT 'the newest start of a job', max(j.enqueued_at) FROM pipeline_job j
                UNION ALL SELECT 'nothing', '-infinity'
            ) stored
            WHERE stored.moment IS NOT NULL
            ORDER BY stored.moment DESC
            LIMIT 1
        ) newest);
END;
$$;
COMMENT ON FUNCTION pipeline_internal.check_clock() IS
    'Whether a stored moment lies in the future: a warning, and bad where it is more than an hour.';
