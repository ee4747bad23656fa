-- What is done and old enough goes, a batch at a time, so that no statement runs for long.

CREATE FUNCTION pipeline_work.purge_webhook_events(retain_days integer DEFAULT NULL, batch_size integer DEFAULT 10000)
RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    days integer := coalesce(retain_days, pipeline_setting('webhook_retention_days')::integer);
    removed bigint[];
BEGIN
    PERFORM require_writable('remove webhook events');
    IF days < 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('retain_days must be at least 1, not %s', days),
            HINT = 'Senders repeat an event for up to a day, and its key must be known until then.';
    END IF;
    IF batch_size IS NULL OR batch_size < 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('batch_size must be at least 1, not %s', coalesce(batch_size::text, 'NULL')),
            HINT = 'Leave it out for 10000 rows.';
    END IF;
    PERFORM require_layout();
    -- Materialized: as a sub-select the batch might be chosen anew for each row.
    WITH old AS MATERIALIZED (
        SELECT o.id FROM webhook_events o
        WHERE o.received_at < now() - make_interval(days => days) AND o.status <> 'pending'
        ORDER BY o.received_at
        LIMIT batch_size
        FOR UPDATE SKIP LOCKED
    ), gone AS (
        DELETE FROM webhook_events e USING old WHERE e.id = old.id RETURNING e.id
    )
    SELECT array_agg(g.id) INTO removed FROM gone g;
    DELETE FROM webhook_event_job link
    WHERE link.event_id BETWEEN (SELECT min(r) FROM unnest(removed) r) AND (SELECT max(r) FROM unnest(removed) r)
      AND link.event_id = ANY (removed);
    RETURN coalesce(cardinality(removed), 0);
END;
$$;
COMMENT ON FUNCTION pipeline_work.purge_webhook_events(integer, integer) IS
    'Removes one batch of webhook events older than retain_days (default: the setting webhook_retention_days), pending ones excepted; returns how many. Call it until it returns 0, each time in a transaction of its own. Error 22023.';

CREATE FUNCTION pipeline_work.purge_finished_jobs(retain_days integer DEFAULT NULL, batch_size integer DEFAULT 10000)
RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    days integer := coalesce(retain_days, pipeline_setting('log_retention_days')::integer);
    oldest_kept timestamptz := now() - make_interval(days => days);
    removed integer;
BEGIN
    PERFORM require_writable('remove finished jobs');
    IF days < 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('retain_days must be at least 1, not %s', days),
            HINT = 'Leave it out to use the setting log_retention_days.';
    END IF;
    IF batch_size IS NULL OR batch_size < 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('batch_size must be at least 1, not %s', coalesce(batch_size::text, 'NULL')),
            HINT = 'Leave it out for 10000 rows.';
    END IF;
    PERFORM require_layout();
    WITH old AS MATERIALIZED (
        SELECT o.id FROM job_queue_finished o
        WHERE o.finished_at < oldest_kept OR (o.finished_at IS NULL AND o.updated_at < oldest_kept)
        LIMIT batch_size
        FOR UPDATE SKIP LOCKED
    )
    DELETE FROM job_queue_finished f USING old WHERE f.id = old.id;
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END;
$$;
COMMENT ON FUNCTION pipeline_work.purge_finished_jobs(integer, integer) IS
    'Removes one batch of jobs that ended more than retain_days ago (default: the setting log_retention_days); returns how many. Call it until it returns 0, each time in a transaction of its own. Error 22023.';
