-- Daily snapshots: what was forecast on a day, kept for good. Making a partition takes the owner of the tables, and
-- nobody else may change what was published: these functions run with the owner's rights.

CREATE OR REPLACE FUNCTION pipeline_data.snapshot_partition(day date) RETURNS regclass
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
DECLARE
    first_day date := pipeline_forecast_month(day);
    next_month date := (first_day + make_interval(months => 1))::date;
    name text := format('pipeline_forecast_snapshot_y%sm%s', to_char(first_day, 'FMYYYY'), to_char(first_day, 'MM'));
BEGIN
    IF NOT is_snapshot_partition(name) THEN
        -- Two days of a new month at once would both make it: the second waits for the lock that attaching takes anyway.
        LOCK TABLE pipeline_forecast_snapshot IN SHARE UPDATE EXCLUSIVE MODE;
    END IF;
    IF NOT is_snapshot_partition(name) THEN
        -- Made beside the parent and then attached: CREATE TABLE ... PARTITION OF would wait for every running report. One
        -- that somebody has detached is attached again with what it holds.
        IF to_regclass(format('pipeline_data.%I', name)) IS NULL THEN
            EXECUTE format('CREATE TABLE pipeline_data.%I (LIKE pipeline_forecast_snapshot INCLUDING ALL)', name);
        END IF;
        EXECUTE format(
            'ALTER TABLE pipeline_forecast_snapshot ATTACH PARTITION pipeline_data.%I FOR VALUES FROM (%L) TO (%L)',
            name, to_char(first_day, 'YYYY-MM-DD'), to_char(next_month, 'YYYY-MM-DD'));
    END IF;
    RETURN to_regclass(format('pipeline_data.%I', name));
END;
$$;
COMMENT ON FUNCTION pipeline_data.snapshot_partition(date) IS
    'The partition of the month of a day, made if it is missing, and attached if it was detached.';
ALTER FUNCTION pipeline_data.snapshot_partition(date) DEPENDS ON EXTENSION pipeline_forecast;

CREATE OR REPLACE FUNCTION pipeline.create_pipeline_forecast_snapshot(
    target_snapshot_date date DEFAULT pipeline_today(),
    use_current_state boolean DEFAULT false
) RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER
SET search_path FROM CURRENT
SET jit = off
-- Room for the hash tables of some 500,000 projects, so that the usual 4 MB do not send them to disk.
SET work_mem = '64MB'
AS $$
DECLARE
    today date := pipeline_today();
    origin text;
    row_total integer;
    stored bigint;
    deleted bigint := 0;
    moment timestamptz;
BEGIN
    PERFORM require_writable('create a forecast snapshot');
    IF target_snapshot_date IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '22004',
            MESSAGE = 'target_snapshot_date must not be null',
            HINT = 'Leave the argument out to take the snapshot of today.';
    END IF;
    PERFORM require_layout();
    IF target_snapshot_date > today OR target_snapshot_date < '1900-01-01' THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('cannot take the forecast snapshot of %s', target_snapshot_date),
            DETAIL = format('Today (UTC) is %s.', today),
            HINT = 'Name today or a day in the past, from 1900-01-01 on.';
    END IF;

    origin := CASE
        WHEN target_snapshot_date = today THEN 'live'
        WHEN use_current_state THEN 'current_state'
        ELSE 'history' END;
    IF origin = 'history' AND (target_snapshot_date + 1)::timestamp AT TIME ZONE 'UTC' <= history_begins() THEN
        RAISE EXCEPTION USING
            ERRCODE = '55000',
            MESSAGE = format('no history for a forecast snapshot of %s', target_snapshot_date),
            DETAIL = format('History begins at %s.', history_begins()),
            HINT = 'Choose a later day, or pass use_current_state => true to file today''s state under that day.';
    END IF;

    -- Two runs for one day would delete each other's rows and collide, two for different days would not see what the other
    -- notes of the same projects: the second waits for the first.
    PERFORM pg_advisory_xact_lock(hashtext('pipeline_forecast.snapshot'));
    PERFORM snapshot_partition(target_snapshot_date);

    -- Computed aside first, which may run in parallel; a statement that writes for good may not.
    moment := clock_timestamp();
    EXECUTE 'CREATE TEMP TABLE pipeline_fresh_snapshot ON COMMIT DROP AS '
            || snapshot_query(target_snapshot_date, origin);
    GET DIAGNOSTICS row_total = ROW_COUNT;
    SELECT count(*) INTO stored
    FROM pipeline_forecast_snapshot s WHERE s.snapshot_date = target_snapshot_date;
    IF stored > 0 THEN
        -- Rows that are still the same stay: a day that is run again is mostly the same, and what is not written
        -- needs no vacuum and no second transfer to a replica or a report.
        EXECUTE $sql$
            DELETE FROM pipeline_forecast_snapshot s
            WHERE s.snapshot_date = $1
              AND NOT EXISTS (
                SELECT FROM pg_temp.pipeline_fresh_snapshot f
                WHERE f.project_id = s.project_id AND f.forecast_month = s.forecast_month
                  AND (f.stage_bucket, f.contract_value, f.probability, f.committed_value, f.expected_value,
                       f.best_case_value, f.worst_case_value, f.analysis_timestamp, f.source, f.origin)
                      IS NOT DISTINCT FROM
                      (s.stage_bucket, s.contract_value, s.probability, s.committed_value, s.expected_value,
                       s.best_case_value, s.worst_case_value, s.analysis_timestamp, s.source, s.origin))
        $sql$ USING target_snapshot_date;
        GET DIAGNOSTICS deleted = ROW_COUNT;
    END IF;
    IF stored - deleted < row_total THEN
        EXECUTE format($sql$
            INSERT INTO pipeline_forecast_snapshot (
                snapshot_date, project_id, forecast_month, stage_bucket, contract_value, probability,
                committed_value, expected_value, best_case_value, worst_case_value, analysis_timestamp, source, origin)
            SELECT
                $1, f.project_id, f.forecast_month, f.stage_bucket, f.contract_value, f.probability,
                f.committed_value, f.expected_value, f.best_case_value, f.worst_case_value, f.analysis_timestamp, f.source, f.origin
            FROM pg_temp.pipeline_fresh_snapshot f
            %s
        $sql$, CASE WHEN stored > deleted THEN
            'WHERE NOT EXISTS (SELECT FROM pipeline_forecast_snapshot s '
            'WHERE s.snapshot_date = $1 AND s.project_id = f.project_id AND s.forecast_month = f.forecast_month)'
            END)
        USING target_snapshot_date;
    END IF;
    PERFORM keep_snapshot_dimension(target_snapshot_date, origin);
    DROP TABLE pg_temp.pipeline_fresh_snapshot;

    -- The moment of the state that it holds, by which history finds what it left out.
    INSERT INTO pipeline_forecast_snapshot_day (snapshot_date, source, row_count, created_at)
    VALUES (target_snapshot_date, origin, row_total, moment)
    ON CONFLICT (snapshot_date) DO UPDATE
    SET source = excluded.source, row_count = excluded.row_count, created_at = excluded.created_at, is_outdated = false;
    RETURN row_total;
END;
$$;
COMMENT ON FUNCTION pipeline.create_pipeline_forecast_snapshot(date, boolean) IS
    'Stores the forecast of a day (default today, UTC) for the 12 months from its month on, replacing what differs from the day''s rows; returns their number. A past day is computed from history as of its end; with use_current_state from the present state. Errors: 22004 null date, 22023 future date, 55000 before history begins.';
ALTER FUNCTION pipeline.create_pipeline_forecast_snapshot(date, boolean) DEPENDS ON EXTENSION pipeline_forecast;
