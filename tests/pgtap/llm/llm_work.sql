-- What is to be done to get an analysis explained, and what follows.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(45);
\ir ../include/failure.sql
\ir ../include/monday.sql

SELECT pg_temp.ingest('1', pg_temp.item('1', 'p1', '17425'), pg_temp.item('1', 'p2', '17426'), pg_temp.item('1', 'p3', '17427')) IS NULL AS read \gset
INSERT INTO analysis_results (project_id, expected_gestation_days, expected_conversion_rate, conversion_confidence, rating_score, input_hash, reasoning, adjustments)
SELECT id, 80, 0.25, 0.6, 50, hash, '{"cluster": "category = Schools", "metrics_used": {"segment_n": 40, "tier": 2}}', '{"baseline_rating": 50}'
FROM (VALUES ('p1', 'h1'), ('p2', 'h2'), ('p3', NULL)) AS v (id, hash);
DELETE FROM job_queue;
CREATE FUNCTION pg_temp.begin_explanation(id text, force boolean DEFAULT false) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(': ', b.action, b.reason) FROM begin_llm_explanation(id, 'mock', 'model-1', force) b
$$;
CREATE FUNCTION pg_temp.end_explanation(id text, hash text, outcome text, answer text DEFAULT NULL, meta jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(', ', e.result, CASE WHEN e.next_attempt_at > now() THEN 'again later' WHEN e.next_attempt_at <= now() THEN 'again at once' END)
    FROM end_llm_explanation(id, hash, outcome, answer, '{"provider": "mock", "model": "model-1"}'::jsonb || meta) e
$$;
CREATE FUNCTION pg_temp.answer() RETURNS text LANGUAGE sql AS $$
    SELECT '{"summary": "It looks good.", "reasoning": {"gestation": "Three months.", "conversion": "One in four.", "rating": "Above the middle."},
             "adjustments": {"rating_adjustment": 0}, "special_factors": "", "confidence_notes": "Many projects."}'
$$;

-- The way to an explanation.
SELECT is(pg_temp.begin_explanation('p1'), 'call', 'an analysis without explanation is a call');
SELECT is((SELECT b.request FROM begin_llm_explanation('p1', 'mock', 'model-1') b), llm_request('p1'), 'with its request');
SELECT is(pg_temp.end_explanation('p1', 'h1', 'ok', pg_temp.answer()), 'ok', 'an answer that fits is stored');
SELECT is((SELECT llm_status FROM analysis_results WHERE project_id = 'p1'), 'ok', 'with the analysis');
SELECT results_eq($$ SELECT job_type COLLATE "default", project_id COLLATE "default" FROM job_queue $$, $$ VALUES ('push_to_monday', 'p1') $$,
    'and the item of the project is to show it');
SELECT is(pg_temp.begin_explanation('p1'), 'done: explained already', 'then there is nothing to do');
SELECT is(pg_temp.begin_explanation('p1', force => true), 'call', 'unless it is forced');

-- Nothing to explain.
SELECT is(pg_temp.begin_explanation('nobody'), 'done: there is no current analysis of an active project', 'an unknown project');
SELECT is(pg_temp.begin_explanation('p3'), 'done: there is no current analysis of an active project', 'an analysis without its inputs');
UPDATE projects SET state = 'archived' WHERE monday_id = 'p2';
SELECT is(pg_temp.begin_explanation('p2'), 'done: there is no current analysis of an active project', 'an archived project');
UPDATE projects SET state = 'active' WHERE monday_id = 'p2';

-- Answers that do not fit, and failures.
SELECT is(pg_temp.end_explanation('p2', 'h2', 'ok', 'no JSON'), 'invalid_json, again later', 'an answer that is no JSON is a failed attempt');
SELECT is((SELECT llm_status FROM analysis_results WHERE project_id = 'p2'), 'failed', 'and no explanation');
SELECT is(pg_temp.begin_explanation('p2'), 'wait: attempt 2 of 5 is not due yet', 'the next one has to wait');
SELECT cmp_ok((SELECT b.wait_until FROM begin_llm_explanation('p2', 'mock', 'model-1') b), '>', now(), 'until some time');
SELECT is(pg_temp.begin_explanation('p2', force => true), 'call', 'force does not wait');
SELECT is(pg_temp.end_explanation('p2', 'h2', 'ok', '{}'), 'schema_violation, again later', 'an answer of another shape');
SELECT is(pg_temp.end_explanation('p2', 'h2', 'timeout'), 'timeout, again later', 'no answer');
SELECT is(pg_temp.end_explanation('p2', 'h2', 'rate_limited'), 'rate_limited, again later', 'a limit');
SELECT is((SELECT attempts FROM llm_attempts('p2', 'h2')), 3, 'which is no attempt');
SELECT is(pg_temp.end_explanation('p2', 'h2', 'http_error'), 'http_error, again later', 'an error');
SELECT is(pg_temp.end_explanation('p2', 'h2', 'truncated'), 'truncated', 'the last attempt has no next one');
SELECT is(pg_temp.begin_explanation('p2'), 'done: given up after 5 failed attempts, until the inputs change', 'it is given up');
SELECT is(pg_temp.end_explanation('p2', 'old hash', 'ok', pg_temp.answer()), 'stale', 'an answer about former numbers is dropped');
SELECT is((SELECT llm_status FROM analysis_results WHERE project_id = 'p2'), 'failed', 'and changes nothing');

-- An earlier answer.
UPDATE analysis_results SET input_hash = 'h1' WHERE project_id = 'p2';
DELETE FROM job_queue;
SELECT is(pg_temp.begin_explanation('p2'), 'done: an earlier answer to the same request was used', 'the same request is not sent twice');
SELECT is((SELECT summary FROM analysis_results WHERE project_id = 'p2'), 'It looks good.', 'its answer is stored');
SELECT is((SELECT count(*) FROM job_queue WHERE job_type = 'push_to_monday' AND project_id = 'p2'), 1::bigint, 'and to be shown');

-- Budgets.
UPDATE analysis_results SET llm_status = 'none', input_hash = 'h9' WHERE project_id = 'p2';
SELECT configure_pipeline('llm_daily_calls', '3') \g /dev/null
SELECT matches(pg_temp.begin_explanation('p2'), '^wait: the budget of today for mock is spent: \d+ calls, 0 tokens$', 'a budget that is spent puts it off');
SELECT is((SELECT b.wait_until FROM begin_llm_explanation('p2', 'mock', 'model-1') b), (SELECT resets_at FROM llm_budget('mock')), 'until the next day');
SELECT matches(pg_temp.begin_explanation('p2', force => true), '^wait: the budget', 'forced or not');
SELECT is((SELECT b.action FROM begin_llm_explanation('p2', 'other', 'model-1') b), 'call', 'another provider has its own');
SELECT configure_pipeline('llm_daily_calls', '1000') \g /dev/null
SELECT is(pg_temp.end_explanation('p2', 'h9', 'billing_error'), 'billing_error, again at once', 'a bill is no attempt, and');
SELECT is(pg_temp.begin_explanation('p2'), 'wait: mock is paused after a billing error', 'pauses the provider');

-- Cost.
INSERT INTO llm_price (model, valid_from, input_per_million, output_per_million) VALUES
    ('model-1', '2020-01-01', 99, 99), ('model-1', '2024-01-01', 0.30, 2.50), ('model-1', pipeline_today() + 1, 99, 99);
SELECT is(pg_temp.end_explanation('p2', 'h9', 'timeout', meta => '{"tokens_in": 1000, "tokens_out": 200}'), 'timeout, again later', 'a call that used tokens');
SELECT is((SELECT cost FROM llm_call ORDER BY id DESC LIMIT 1), 0.000800, 'has its cost by the price of today');
SELECT is(pg_temp.end_explanation('p2', 'h9', 'timeout', meta => '{"tokens_in": 1000, "tokens_out": 200, "cost": 5}'), 'timeout, again later', 'one that says its cost');
SELECT is((SELECT cost FROM llm_call ORDER BY id DESC LIMIT 1), 5.000000, 'keeps it');
SELECT is(pg_temp.end_explanation('p2', 'h9', 'timeout', meta => '{"tokens_in": 1000}'), 'timeout, again later', 'one of which less is known');
SELECT is((SELECT cost FROM llm_call ORDER BY id DESC LIMIT 1), NULL, 'has none');

-- Back-fill.
DELETE FROM job_queue;
DELETE FROM llm_call;
UPDATE analysis_results SET llm_status = 'none', input_hash = 'hash ' || project_id;
SELECT is(enqueue_llm_explanations(), 3::bigint, 'each candidate is enqueued');
SELECT results_eq($$ SELECT payload->>'project_id', extract(epoch FROM run_at - now())::numeric(4,2), project_id IS NULL FROM job_queue ORDER BY run_at $$,
    $$ VALUES ('p1', 0.00, true), ('p2', 0.35, true), ('p3', 0.70, true) $$, 'throttled, beside the jobs of the projects');
SELECT is(enqueue_llm_explanations(max_projects => 2, throttle => '0'), 2::bigint, 'again');
SELECT is((SELECT count(*) FROM job_queue), 3::bigint, 'joins what is waiting');
SELECT is(pg_temp.failure($$ SELECT enqueue_llm_explanations(throttle => '-1 s') $$),
    '22023: throttle must be zero or more; Leave it out for 0.35 seconds between two projects.', 'a negative throttle');
SELECT is(pg_temp.failure($$ SELECT begin_llm_explanation('p1', '', 'm') $$),
    '22004: provider and model must not be null or empty; Name them as they are to appear in llm_call.', 'a call of nobody');

SELECT * FROM finish();
ROLLBACK;
