-- Requests that were refused: counted, since a sender that is not let in looks from here as if nothing happened.

CREATE FUNCTION pipeline_work.count_webhook_refusals(reasons text[], counts bigint[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_queue('count refused webhooks');
    PERFORM require_same_length('reasons', cardinality(reasons), 'counts', cardinality(counts));
    DELETE FROM webhook_refusal r WHERE r.hour < now() - interval '7 days';
    INSERT INTO webhook_refusal AS r (hour, reason, requests, last_at)
    SELECT date_trunc('hour', now(), 'UTC'), g.reason, sum(g.requests), now()
    FROM unnest(reasons, counts) AS g (reason, requests)
    WHERE g.requests > 0
    GROUP BY g.reason
    ORDER BY g.reason
    ON CONFLICT ON CONSTRAINT webhook_refusal_pkey DO UPDATE
    SET requests = r.requests + excluded.requests, last_at = excluded.last_at;
END;
$$;
COMMENT ON FUNCTION pipeline_work.count_webhook_refusals(text[], bigint[]) IS
    'Adds counts[i] requests that were refused for reasons[i] to the hour that is running, and forgets those of more than a week ago. Errors: 22004, 22023.';
