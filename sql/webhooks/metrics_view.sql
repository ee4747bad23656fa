-- Webhook events by hour and type, of a week: what came in, what became of it, and how long that took.
CREATE OR REPLACE VIEW pipeline.webhook_metrics AS
SELECT
    date_trunc('hour', e.received_at, 'UTC') AS hour,
    e.event_type,
    count(*) AS events,
    count(*) FILTER (WHERE e.status = 'pending') AS pending,
    count(*) FILTER (WHERE e.status = 'processed') AS processed,
    count(*) FILTER (WHERE e.status = 'processed_with_warnings') AS processed_with_warnings,
    count(*) FILTER (WHERE e.status = 'failed') AS failed,
    count(*) FILTER (WHERE e.status = 'ignored') AS ignored,
    count(*) FILTER (WHERE e.retry_count > 0) AS retried,
    round(percentile_cont(0.5) WITHIN GROUP (ORDER BY e.processing_time_ms)::numeric, 3) AS p50_ms,
    round(percentile_cont(0.95) WITHIN GROUP (ORDER BY e.processing_time_ms)::numeric, 3) AS p95_ms,
    max(e.processing_time_ms) AS max_ms
FROM webhook_events e
WHERE e.received_at >= now() - interval '7 days'
GROUP BY 1, 2;

COMMENT ON VIEW pipeline.webhook_metrics IS
    'Webhook events of the last seven days by hour (UTC) and type: how many have which status, how many needed another try, and the time from their arrival to the end of their job.';
