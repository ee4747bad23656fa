-- What is to be written to an item now, and what is known afterwards.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(35);
\ir ../include/failure.sql
\ir ../include/monday.sql

SELECT pg_temp.ingest('1', pg_temp.item('1', '101', '17425'), pg_temp.item('1', '102', '17426')) IS NULL AS read \gset
INSERT INTO projects (monday_id, item_name) VALUES ('loose', 'P');
INSERT INTO analysis_results (project_id, expected_gestation_days, expected_conversion_rate, rating_score, input_hash) VALUES
    ('101', 80, 0.25355, 57, 'h1'), ('102', NULL, 0.5, 60, 'h2'), ('loose', 1, 0.5, 1, 'h3');
INSERT INTO monday_column (board_id, column_id, field, kind, writable) VALUES
    ('1', 'days', 'expected_gestation_days', 'numbers', true), ('1', 'rate', 'expected_conversion_rate', 'numbers', true);
DELETE FROM job_queue;
CREATE FUNCTION pg_temp.plan(id text, VARIADIC keys text[]) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_object_agg(k, monday_push_plan(id)->k) FROM unnest(keys) k
$$;

SELECT is(pg_temp.plan('101', 'item_id', 'board_id', 'columns', 'update_id', 'comment_heading', 'in_doubt'),
    '{"item_id": "101", "board_id": "1", "columns": {"days": "80", "rate": "25.36"}, "update_id": null,
      "comment_heading": "Pipeline analysis", "in_doubt": false}', 'values for the columns that the board has');
SELECT is(monday_push_plan('102')->'columns', '{"rate": "50.00"}', 'what is unknown is left out');
SELECT is(monday_push_plan('101')->>'comment_html', monday_push_payload('101')->>'comment_html', 'and the comment');
SELECT matches(monday_push_plan('101')->>'comment_html', '^<h3>Pipeline analysis</h3>', 'which begins with its heading');
SELECT is(monday_push_plan('101'), monday_push_plan('101'), 'the same plan for the same state');

-- Keys.
CREATE TEMP TABLE first AS SELECT monday_push_plan('101') AS plan;
SELECT isnt(plan->'columns_key', plan->'comment_key', 'each write has a key of its own') FROM first;
SELECT record_monday_push_failure('101', 'no answer') IS NULL AS recorded \gset
SELECT is(pg_temp.plan('101', 'columns_key', 'comment_key'), jsonb_build_object('columns_key', plan->'columns_key', 'comment_key', plan->'comment_key'),
    'a repeated write has the same key') FROM first;
SELECT is(monday_push_plan('101')->'in_doubt', 'true', 'after a failure it is in doubt what the item holds');
SELECT results_eq($$ SELECT last_error, attempts, pushed_at FROM push_state WHERE project_id = '101' $$,
    $$ VALUES ('no answer', 1, NULL::timestamptz) $$, 'the failure is known');

-- Parts.
SELECT record_monday_push('101', columns_hash => plan->>'columns_hash') IS NULL AS recorded FROM first \gset
SELECT is(pg_temp.plan('101', 'columns', 'in_doubt'), '{"columns": null, "in_doubt": false}', 'columns that were written are not written again');
SELECT isnt(monday_push_plan('101')->>'comment_html', NULL, 'the comment is still to be written');
SELECT is(monday_push_plan('101')->'comment_key', plan->'comment_key', 'and its key has not changed') FROM first;
SELECT record_monday_push('101', comment_hash => plan->>'comment_hash', update_id => '900') IS NULL AS recorded FROM first \gset
SELECT is(pg_temp.plan('101', 'columns', 'comment_html', 'update_id'), '{"columns": null, "comment_html": null, "update_id": "900"}', 'then nothing differs');
SELECT is((SELECT count(*) FROM monday_push_due() WHERE project_id = '101'), 0::bigint, 'and nothing is due');
SELECT results_eq($$ SELECT columns_pushes, comment_pushes, attempts FROM push_state WHERE project_id = '101' $$, $$ VALUES (1::bigint, 1::bigint, 0) $$, 'each was written once');

-- There and back again within the time in which keys are remembered.
UPDATE analysis_results SET rating_score = 58, expected_gestation_days = 81 WHERE project_id = '101';
SELECT record_monday_push('101', columns_hash => monday_push_plan('101')->>'columns_hash') IS NULL AS recorded \gset
UPDATE analysis_results SET rating_score = 57, expected_gestation_days = 80 WHERE project_id = '101';
SELECT is(monday_push_plan('101')->'columns_hash', plan->'columns_hash', 'the same numbers as at first') FROM first;
SELECT isnt(monday_push_plan('101')->'columns_key', plan->'columns_key', 'but a new write') FROM first;
SELECT is(monday_push_plan('101')->>'update_id', '900', 'the comment stays the one that is there');

-- Refused: the same keys would be given the same answer.
CREATE TEMP TABLE before_refusal AS SELECT monday_push_plan('101') AS plan;
SELECT record_monday_push_failure('101', 'not allowed', refused => true) IS NULL AS recorded \gset
SELECT isnt(pg_temp.plan('101', 'columns_key')->'columns_key', plan->'columns_key', 'after a refusal the columns have a new key')
FROM before_refusal;
SELECT isnt(pg_temp.plan('101', 'comment_key')->'comment_key', plan->'comment_key', 'and the comment has one')
FROM before_refusal;

-- Boards without a place for a number.
SELECT is((SELECT columns_changed FROM monday_push_due() WHERE project_id = '102'), true, 'a number that has a column is due');
DELETE FROM monday_column WHERE column_id = 'rate';
SELECT is((SELECT columns_changed FROM monday_push_due() WHERE project_id = '102'), false, 'one that has none is not');
SELECT is(monday_push_plan('102')->'columns', 'null', 'and not written');
DELETE FROM monday_column WHERE column_id = 'days';
SELECT is((SELECT columns_changed FROM monday_push_due() WHERE project_id = 'loose'), true, 'projects of no board are compared all the same');

-- Enqueueing.
UPDATE analysis_results SET summary = 'It looks good.' WHERE project_id = '101';
SELECT isnt(enqueue_monday_push('101'), NULL, 'what differs is enqueued');
SELECT results_eq($$ SELECT job_type COLLATE "default", project_id COLLATE "default" FROM job_queue $$, $$ VALUES ('push_to_monday', '101') $$, 'as a job of the project');
SELECT record_monday_push('101', monday_push_plan('101')->>'columns_hash', monday_push_plan('101')->>'comment_hash') IS NULL AS recorded \gset
SELECT is(enqueue_monday_push('101'), NULL, 'what does not differ is not');
SELECT is(enqueue_monday_push('loose'), NULL, 'nor a project of no board');

-- Errors.
SELECT is(pg_temp.failure($$ SELECT monday_push_plan('loose') $$),
    '55000: project "loose" lies on no configured board; Only projects that were read from a board have an item to write to.', 'a project of no board');
SELECT is(pg_temp.failure($$ SELECT monday_push_plan('nobody') $$),
    'P0002: unknown project "nobody"; Name the monday_id of an active project; archived and deleted projects are not analysed.', 'an unknown project');
SELECT is(pg_temp.failure($$ SELECT record_monday_push('101') $$),
    '22004: project_id and one of columns_hash and comment_hash must not be null; Give the hashes of monday_push_plan() for what was written.', 'nothing to record');
UPDATE monday_board SET is_active = false WHERE board_id = '1';
SELECT is(left(pg_temp.failure($$ SELECT monday_push_plan('101') $$), 5), '55000', 'a board that is switched off is not written to');
SELECT is(enqueue_monday_push('102'), NULL, 'nor enqueued');
SELECT record_monday_push_failure('new', repeat('x', 2000)) IS NULL AS recorded \gset
SELECT is((SELECT length(last_error) FROM push_state WHERE project_id = 'new'), 1000, 'a long error is cut');
SELECT is((SELECT attempts FROM push_state WHERE project_id = 'new'), 1, 'the first failure leaves a row, too');

SELECT * FROM finish();
ROLLBACK;
