-- How often a model was asked, what it may still be asked, and for which projects.

CREATE FUNCTION pipeline.llm_attempts(
    project_id text,
    input_hash text,
    OUT attempts integer,
    OUT attempt_limit integer,
    OUT next_attempt_at timestamptz
)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT f.attempts, f.attempt_limit,
        CASE WHEN f.attempts < f.attempt_limit
             THEN coalesce(f.last_failure + least(make_interval(mins => (2 ^ least(f.attempts - 1, 20))::integer), interval '6 hours'),
                           now()) END
    FROM (
        SELECT count(*)::integer AS attempts,
            pipeline_setting('llm_attempt_limit')::integer AS attempt_limit,
            max(c.started_at + make_interval(secs => coalesce(c.duration_ms, 0)::double precision / 1000)) AS last_failure
        FROM llm_call c
        WHERE c.project_id = $1 AND c.input_hash = $2 AND c.outcome = ANY (llm_attempt_outcomes())
    ) f
$$;
COMMENT ON FUNCTION pipeline.llm_attempts(text, text) IS
    'The failed attempts to explain an analysis, how many there may be, and when the next is due: one minute after the first, doubling up to 6 hours; NULL = no more.';

CREATE FUNCTION pipeline.llm_budget(
    provider text,
    OUT calls_today bigint,
    OUT tokens_today bigint,
    OUT calls_left bigint,
    OUT tokens_left bigint,
    OUT exhausted boolean,
    OUT resets_at timestamptz,
    OUT paused_until timestamptz
)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT used.calls, used.tokens, remaining.calls, remaining.tokens, remaining.calls = 0 OR remaining.tokens = 0,
        (pipeline_today() + 1)::timestamp AT TIME ZONE 'UTC',
        -- Only a person can settle a bill; trying once an hour finds out whether one did.
        (SELECT CASE WHEN c.outcome = 'billing_error' THEN c.started_at + interval '1 hour' END
         FROM llm_call c
         WHERE c.provider = $1 AND c.started_at > now() - interval '1 hour' AND c.outcome IN ('billing_error', 'ok')
         ORDER BY c.started_at DESC, c.id DESC
         LIMIT 1)
    FROM (
        SELECT count(*) AS calls, coalesce(sum(coalesce(c.tokens_in, 0) + coalesce(c.tokens_out, 0)), 0)::bigint AS tokens
        FROM llm_call c
        WHERE c.provider = $1
          AND c.started_at >= pipeline_today()::timestamp AT TIME ZONE 'UTC'
          AND c.outcome NOT IN ('rate_limited', 'billing_error')
    ) used
    CROSS JOIN LATERAL (
        SELECT greatest(pipeline_setting('llm_daily_calls')::bigint - used.calls, 0) AS calls,
            greatest(pipeline_setting('llm_daily_tokens')::bigint - used.tokens, 0) AS tokens
    ) remaining
$$;
COMMENT ON FUNCTION pipeline.llm_budget(text) IS
    'What of today''s budget (UTC; settings llm_daily_calls, llm_daily_tokens) a provider has used and has left, when the next day begins, and until when the provider is left alone after a billing error.';

CREATE FUNCTION pipeline.llm_backfill_candidates(
    since interval DEFAULT interval '7 days',
    max_projects integer DEFAULT 100,
    force boolean DEFAULT false
) RETURNS TABLE(project_id text, input_hash text, attempts integer, reason text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_layout();
    IF since IS NULL OR since < interval '0' OR max_projects IS NULL OR max_projects < 0 OR force IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = 'since and max_projects must be zero or more, and force must be known',
            HINT = 'Leave an argument out for its default: 7 days, 100 projects, no force.';
    END IF;
    RETURN QUERY
    SELECT a.project_id::text, a.input_hash, t.attempts,
        CASE WHEN a.llm_status = 'ok' THEN 'forced'
             WHEN t.attempts > 0 THEN 'retry'
             WHEN a.date_created >= (now() - since)::date THEN 'created'
             ELSE 'changed' END
    FROM (
        -- Sorted first: attempts are looked up until there are enough projects, not for all.
        SELECT r.project_id, r.input_hash, r.llm_status, r.analysis_timestamp, p.date_created
        FROM analysis_results r
        JOIN projects p ON p.monday_id = r.project_id
        WHERE p.state = 'active' AND r.input_hash IS NOT NULL
          AND (p.date_created >= (now() - since)::date OR r.analysis_timestamp >= now() - since)
          AND (force OR r.llm_status <> 'ok')
        ORDER BY r.analysis_timestamp, p.date_created, r.project_id
        OFFSET 0
    ) a
    CROSS JOIN LATERAL llm_attempts(a.project_id, a.input_hash) t
    WHERE force OR t.next_attempt_at <= now()
    ORDER BY a.analysis_timestamp, a.date_created, a.project_id
    LIMIT max_projects;
END;
$$;
COMMENT ON FUNCTION pipeline.llm_backfill_candidates(interval, integer, boolean) IS
    'Active projects created or analysed anew within the given time whose current numbers have no explanation, those that wait longest first. Projects beyond the attempt limit or still backing off are left out; force takes them, and explained ones, too. An explained project drops out, so that the next call goes on where this one ended. Error 22023 for a negative argument.';
