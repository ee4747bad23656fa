-- Old records of operation go.

-- Commits after each batch, so that no long transaction holds back vacuum; therefore every name is qualified.
CREATE PROCEDURE pipeline.cleanup_pipeline_records(batch_size integer DEFAULT 10000)
LANGUAGE plpgsql
AS $$
DECLARE
    statement pg_catalog.text;
    oldest_kept pg_catalog.timestamptz := pg_catalog.now() OPERATOR(pg_catalog.-) pg_catalog.make_interval(
        days => pipeline.pipeline_setting('log_retention_days')::pg_catalog.int4);
    removed pg_catalog.int8;
    failures pg_catalog.text[] := '{}';
BEGIN
    PERFORM pipeline_internal.require_writable('remove old records');
    PERFORM pipeline_internal.require_layout();
    FOREACH statement IN ARRAY ARRAY[
        'WITH gone AS (
            DELETE FROM pipeline.refresh_log WHERE id IN (
                SELECT id FROM pipeline.refresh_log WHERE started_at OPERATOR(pg_catalog.<) $1 LIMIT $2)
            RETURNING 1)
         SELECT pg_catalog.count(*) FROM gone',
        'WITH gone AS (
            DELETE FROM pipeline.sync_log WHERE id IN (
                SELECT id FROM pipeline.sync_log
                WHERE started_at OPERATOR(pg_catalog.<) $1 AND status OPERATOR(pg_catalog.<>) ''running'' LIMIT $2)
            RETURNING 1)
         SELECT pg_catalog.count(*) FROM gone',
        'SELECT pipeline_work.purge_webhook_events(NULL, $2)',
        'SELECT pipeline_work.purge_finished_jobs(NULL, $2)',
        'SELECT pipeline_data.remove_expired_outlook()',
        -- All of them at once.
        'SELECT 0 FROM pipeline_data.purge_cron_runs($1)'
    ] LOOP
        LOOP
            -- What cannot be removed keeps nothing else.
            BEGIN
                EXECUTE statement INTO removed USING oldest_kept, batch_size;
            EXCEPTION WHEN OTHERS THEN
                removed := 0;
                failures := failures OPERATOR(pg_catalog.||) pg_catalog.format('%s (SQLSTATE %s)', SQLERRM, SQLSTATE);
            END;
            COMMIT;
            EXIT WHEN removed OPERATOR(pg_catalog.=) 0;
        END LOOP;
    END LOOP;
    IF pg_catalog.cardinality(failures) OPERATOR(pg_catalog.>) 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = '55000',
            MESSAGE = 'could not remove all old records',
            DETAIL = pg_catalog.array_to_string(failures, '; '),
            HINT = 'The other records were removed.';
    END IF;
END;
$$;
COMMENT ON PROCEDURE pipeline.cleanup_pipeline_records(integer) IS
    'Removes operational records older than the setting log_retention_days in batches: refresh_log, sync_log with rejects, finished jobs, pg_cron run details of this database; webhook events by the setting webhook_retention_days. Runs of the outlook go by the setting outlook_retention_days, but for the newest and those of month starts. Business history and snapshots are not touched. Error 55000 where some could not be removed; the others are.';
