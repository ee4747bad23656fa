-- What comes back from a language model: stored, refused or dropped, and always on record.

CREATE FUNCTION pipeline_internal.llm_attempt_outcomes() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY['refusal', 'truncated', 'invalid_json', 'schema_violation', 'timeout', 'http_error'];
COMMENT ON FUNCTION pipeline_internal.llm_attempt_outcomes() IS 'The outcomes of a call that count as a failed attempt.';

CREATE FUNCTION pipeline_internal.log_llm_call(
    project_id text,
    input_hash text,
    outcome text,
    meta jsonb,
    error text DEFAULT NULL,
    response jsonb DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    call record;
BEGIN
    IF jsonb_typeof(meta) IS DISTINCT FROM 'object' OR coalesce(meta->>'provider', '') = '' OR coalesce(meta->>'model', '') = '' THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = 'meta must name the provider and the model of the call',
            HINT = 'Give {"provider": "...", "model": "..."}, and what is known of started_at, duration_ms, http_status, tokens_in, tokens_out, cost, prompt_version, error.';
    END IF;
    SELECT m.* INTO call FROM jsonb_to_record(meta) AS m (
        provider text, model text, prompt_version text, started_at timestamptz, duration_ms numeric, http_status integer,
        tokens_in bigint, tokens_out bigint, cost numeric, error text);
    INSERT INTO llm_call (
        project_id, provider, model, prompt_version, input_hash, started_at, duration_ms, http_status, outcome,
        tokens_in, tokens_out, cost, error_message, response)
    VALUES (
        project_id, left(call.provider, 200), left(call.model, 200),
        coalesce(left(call.prompt_version, 200), llm_prompt_version()), input_hash,
        -- A budget must not escape into tomorrow by a wrong clock.
        least(coalesce(call.started_at,
                       clock_timestamp() - make_interval(secs => coalesce(call.duration_ms, 0)::double precision / 1000)),
              clock_timestamp()),
        call.duration_ms, call.http_status, outcome,
        greatest(call.tokens_in, 0), greatest(call.tokens_out, 0),
        coalesce(call.cost, (
            SELECT (call.tokens_in * p.input_per_million + call.tokens_out * p.output_per_million) / 1000000
            FROM llm_price p
            WHERE p.model = left(call.model, 200) AND p.valid_from <= pipeline_today()
              AND call.tokens_in >= 0 AND call.tokens_out >= 0
            ORDER BY p.valid_from DESC
            LIMIT 1)),
        nullif(plain_text(concat_ws('; ', error, call.error), 1000), ''), response);
END;
$$;
COMMENT ON FUNCTION pipeline_internal.log_llm_call(text, text, text, jsonb, text, jsonb) IS
    'Appends a call to llm_call, with its cost by llm_price unless meta has it. Error 22023 unless meta names provider and model.';

CREATE FUNCTION pipeline_internal.apply_llm_answer(project_id text, answer jsonb, model text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
    UPDATE analysis_results a
    SET rating_score = (judged.verdict->>'rating')::integer,
        reasoning = coalesce(a.reasoning, '{}') || (answer->'reasoning'),
        adjustments = jsonb_strip_nulls(jsonb_build_object(
            'baseline_rating', judged.baseline,
            'rating_adjustment', coalesce(judged.verdict->'adjustment', '0'),
            'refused_adjustment', CASE WHEN judged.verdict->>'refusal' <> '' THEN judged.proposed END,
            'refusal', nullif(judged.verdict->>'refusal', ''))),
        confidence_notes = nullif(answer->>'confidence_notes', ''),
        special_factors = nullif(answer->>'special_factors', ''),
        summary = answer->>'summary',
        llm_model = model,
        llm_status = 'ok',
        updated_at = now()
    FROM (
        SELECT b.baseline, b.proposed,
            adjust_rating(
                b.baseline, b.proposed, b.segment_n, b.conversion_confidence, b.tier, answer->>'special_factors') AS verdict
        FROM (
            SELECT coalesce((s.adjustments->>'baseline_rating')::integer, s.rating_score) AS baseline,
                (answer->'adjustments'->>'rating_adjustment')::integer AS proposed,
                (s.reasoning->'metrics_used'->>'segment_n')::integer AS segment_n,
                (s.reasoning->'metrics_used'->>'tier')::integer AS tier,
                s.conversion_confidence
            FROM analysis_results s
            WHERE s.project_id = apply_llm_answer.project_id
        ) b
    ) judged
    WHERE a.project_id = apply_llm_answer.project_id
$$;
COMMENT ON FUNCTION pipeline_internal.apply_llm_answer(text, jsonb, text) IS
    'Stores a checked answer with the analysis that it explains; days, rate and confidences stay as they are.';

CREATE FUNCTION pipeline_internal.fail_llm(project_id text, input_hash text, outcome text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
    -- An explanation that holds already is not lost to a failed attempt to get another.
    UPDATE analysis_results a
    SET llm_status = CASE WHEN outcome = 'refusal' THEN 'refused' ELSE 'failed' END
    WHERE a.project_id = fail_llm.project_id AND a.input_hash = fail_llm.input_hash
      AND outcome = ANY (llm_attempt_outcomes())
      AND a.llm_status NOT IN ('ok', CASE WHEN outcome = 'refusal' THEN 'refused' ELSE 'failed' END)
$$;
COMMENT ON FUNCTION pipeline_internal.fail_llm(text, text, text) IS
    'Sets llm_status of an analysis, and nothing else, after a failed attempt.';

CREATE FUNCTION pipeline.store_llm_result(project_id text, input_hash text, response text, meta jsonb) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    parsed jsonb := coalesce(
        parse_llm_answer(response), '{"outcome": "invalid_json", "error": "there is no answer"}');
    outcome text := parsed->>'outcome';
BEGIN
    PERFORM require_writable('store an explanation');
    PERFORM require_layout();
    PERFORM FROM analysis_results a
    WHERE a.project_id = store_llm_result.project_id AND a.input_hash = store_llm_result.input_hash
    FOR UPDATE;
    IF NOT FOUND THEN
        outcome := 'stale';
    END IF;
    PERFORM log_llm_call(
        project_id, input_hash, outcome, meta, parsed->>'error', CASE WHEN outcome = 'ok' THEN parsed->'answer' END);
    IF outcome = 'ok' THEN
        PERFORM apply_llm_answer(project_id, parsed->'answer', left(meta->>'model', 200));
    ELSE
        PERFORM fail_llm(project_id, input_hash, outcome);
    END IF;
    RETURN outcome;
END;
$$;
COMMENT ON FUNCTION pipeline.store_llm_result(text, text, text, jsonb) IS
    'Checks the answer to llm_request(), stores it with the analysis and logs the call. Returns the outcome: ok, invalid_json, schema_violation, or stale where the analysis with this input_hash is gone, so that the answer is dropped. The rating moves only within the guardrails. Error 22023 unless meta names provider and model.';

CREATE FUNCTION pipeline.store_llm_result(project_id text, input_hash text, response jsonb, meta jsonb) RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$ SELECT store_llm_result(project_id, input_hash, response::text, meta) $$;
COMMENT ON FUNCTION pipeline.store_llm_result(text, text, jsonb, jsonb) IS
    'The same for an answer that is JSON already.';

CREATE FUNCTION pipeline_work.record_llm_failure(
    project_id text,
    input_hash text,
    outcome text,
    meta jsonb,
    OUT attempts integer,
    OUT attempt_limit integer,
    OUT next_attempt_at timestamptz
)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    known text[] := llm_attempt_outcomes() || ARRAY['rate_limited', 'billing_error'];
BEGIN
    PERFORM require_writable('record a failure');
    PERFORM require_layout();
    IF (outcome = ANY (known)) IS NOT TRUE THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('unknown outcome "%s" of a failed call', coalesce(outcome, 'NULL')),
            HINT = format('One of: %s.', array_to_string(known, ', '));
    END IF;
    -- Before the log, in the order in which store_llm_result() takes its locks.
    PERFORM fail_llm(project_id, input_hash, outcome);
    PERFORM log_llm_call(project_id, input_hash, outcome, meta);
    SELECT a.* INTO attempts, attempt_limit, next_attempt_at FROM llm_attempts(project_id, input_hash) a;
END;
$$;
COMMENT ON FUNCTION pipeline_work.record_llm_failure(text, text, text, jsonb) IS
    'Logs a call that gave no answer: refusal, truncated, timeout, http_error, or rate_limited and billing_error, which do not count as attempts. Sets llm_status to refused or failed, leaves the numbers alone, and returns what llm_attempts() says. Errors: 22023 unknown outcome, or meta without provider and model.';

CREATE FUNCTION pipeline_work.reuse_llm_result(project_id text, model text) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    answer jsonb;
BEGIN
    PERFORM require_writable('store an explanation');
    PERFORM require_layout();
    PERFORM FROM analysis_results a WHERE a.project_id = reuse_llm_result.project_id FOR UPDATE;
    SELECT c.response INTO answer
    FROM analysis_results a
    JOIN llm_call c ON c.input_hash = a.input_hash
    WHERE a.project_id = reuse_llm_result.project_id
      AND c.outcome = 'ok' AND c.response IS NOT NULL
      AND c.model = reuse_llm_result.model
      AND c.prompt_version = llm_prompt_version()
      -- Twins share an explanation, unless it names its own project.
      AND (c.project_id = a.project_id OR strpos(c.response::text, c.project_id) = 0)
    ORDER BY c.project_id = a.project_id DESC, c.id DESC
    LIMIT 1;
    IF answer IS NULL THEN
        RETURN false;
    END IF;
    PERFORM apply_llm_answer(project_id, answer, model);
    RETURN true;
END;
$$;
COMMENT ON FUNCTION pipeline_work.reuse_llm_result(text, text) IS
    'Stores the answer that the model gave earlier to the same request (input_hash, model, prompt version), if there is one, and says whether there was: then no call is needed.';
