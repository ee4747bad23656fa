-- The work of explaining analyses: what is to be done about a project now, and what follows from how it went. A poller
-- that follows these two functions makes no call that is not needed, allowed and affordable.

CREATE FUNCTION pipeline_internal.require_llm_endpoint(provider text, model text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF coalesce(provider, '') = '' OR coalesce(model, '') = '' THEN
        RAISE EXCEPTION USING
            ERRCODE = '22004',
            MESSAGE = 'provider and model must not be null or empty',
            HINT = 'Name them as they are to appear in llm_call.';
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.require_llm_endpoint(text, text) IS 'Error 22004 unless both are known.';

CREATE FUNCTION pipeline_work.begin_llm_explanation(
    project_id text,
    provider text,
    model text,
    force boolean DEFAULT false,
    OUT action text,
    OUT reason text,
    OUT wait_until timestamptz,
    OUT request jsonb
)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    analysis record;
    budget record;
    tries record;
BEGIN
    PERFORM require_writable('explain an analysis');
    PERFORM require_layout();
    PERFORM require_llm_endpoint(provider, model);
    action := 'done';
    SELECT a.input_hash, a.llm_status INTO analysis
    FROM projects p
    JOIN analysis_results a ON a.project_id = p.monday_id
    WHERE p.monday_id = begin_llm_explanation.project_id AND p.state = 'active' AND a.input_hash IS NOT NULL;
    IF NOT FOUND THEN
        reason := 'there is no current analysis of an active project';
        RETURN;
    END IF;
    IF analysis.llm_status = 'ok' AND NOT force THEN
        reason := 'explained already';
        RETURN;
    END IF;
    IF NOT force THEN
        SELECT * INTO tries FROM llm_attempts(project_id, analysis.input_hash);
        IF tries.next_attempt_at IS NULL THEN
            reason := format('given up after %s failed attempts, until the inputs change', tries.attempts);
            RETURN;
        END IF;
        IF reuse_llm_result(project_id, model) THEN
            PERFORM enqueue_monday_push(project_id);
            reason := 'an earlier answer to the same request was used';
            RETURN;
        END IF;
        IF tries.next_attempt_at > clock_timestamp() THEN
            action := 'wait';
            wait_until := tries.next_attempt_at;
            reason := format('attempt %s of %s is not due yet', tries.attempts + 1, tries.attempt_limit);
            RETURN;
        END IF;
    END IF;
    SELECT * INTO budget FROM llm_budget(provider);
    IF budget.paused_until > clock_timestamp() THEN
        action := 'wait';
        wait_until := budget.paused_until;
        reason := format('%s is paused after a billing error', provider);
    ELSIF budget.exhausted THEN
        action := 'wait';
        wait_until := budget.resets_at;
        reason := format('the budget of today for %s is spent: %s calls, %s tokens', provider, budget.calls_today,
                         budget.tokens_today);
    ELSE
        action := 'call';
        request := llm_request(project_id);
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline_work.begin_llm_explanation(text, text, text, boolean) IS
    'What to do now to get the analysis of a project explained. action call: send request to the model, then end_llm_explanation(); wait: nothing before wait_until (backing off, billing, budget); done: nothing at all (no analysis, explained already, given up, or an earlier answer fitted and was stored). Force asks again whatever there is, but not beyond the budget. Error 22004 without provider and model.';

CREATE FUNCTION pipeline_work.end_llm_explanation(
    project_id text,
    input_hash text,
    outcome text,
    answer text,
    meta jsonb,
    OUT result text,
    OUT next_attempt_at timestamptz
)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_writable('store an explanation');
    PERFORM require_layout();
    IF outcome IS DISTINCT FROM 'ok' THEN
        result := outcome;
        SELECT f.next_attempt_at INTO next_attempt_at
        FROM record_llm_failure(project_id, input_hash, outcome, meta) f;
        RETURN;
    END IF;
    result := store_llm_result(project_id, input_hash, answer, meta);
    IF result = 'ok' THEN
        PERFORM enqueue_monday_push(project_id);
    ELSIF result <> 'stale' THEN
        SELECT t.next_attempt_at INTO next_attempt_at FROM llm_attempts(project_id, input_hash) t;
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline_work.end_llm_explanation(text, text, text, text, jsonb) IS
    'Stores or records how a call went: outcome ok with the answer, else one of record_llm_failure(). Returns the outcome after the answer was checked (ok, stale, invalid_json, schema_violation, or the given one) and when the next attempt is due; NULL = none. A stored explanation is enqueued for the item of its project. Errors as of store_llm_result() and record_llm_failure().';

CREATE FUNCTION pipeline_work.enqueue_llm_explanations(
    since interval DEFAULT interval '7 days',
    max_projects integer DEFAULT 100,
    throttle interval DEFAULT interval '0.35 seconds',
    force boolean DEFAULT false
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    enqueued bigint;
BEGIN
    PERFORM require_writable('enqueue explanations');
    PERFORM require_layout();
    IF throttle IS NULL OR throttle < interval '0' THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = 'throttle must be zero or more',
            HINT = 'Leave it out for 0.35 seconds between two projects.';
    END IF;
    -- Not as jobs of the project: a model may take a minute, and the project must be read and analysed meanwhile.
    SELECT count(enqueue_job('llm_explain',
            payload => jsonb_build_object('project_id', c.project_id) || CASE WHEN force THEN '{"force": true}' ELSE '{}' END::jsonb,
            priority => 200, run_at => now() + c.place * throttle))
    INTO enqueued
    FROM (
        SELECT b.project_id, row_number() OVER () - 1 AS place
        FROM llm_backfill_candidates(since, max_projects, force) b
    ) c;
    RETURN enqueued;
END;
$$;
COMMENT ON FUNCTION pipeline_work.enqueue_llm_explanations(interval, integer, interval, boolean) IS
    'The job llm_backfill: enqueues llm_explain for the projects that llm_backfill_candidates() names, throttled, and returns their number. What was explained drops out, so a call after an interruption goes on where that ended. Error 22023 for a negative argument.';
