-- Writing many items at once: plans of all, writes that began, and what a push of everything would be.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(16);
\ir ../include/failure.sql
\ir ../include/monday.sql

SELECT pg_temp.ingest('1', pg_temp.item('1', '101', '17425'), pg_temp.item('1', '102', '17426'), pg_temp.item('1', '103', '17427')) IS NULL AS read \gset
INSERT INTO projects (monday_id, item_name) VALUES ('loose', 'P');
INSERT INTO analysis_results (project_id, expected_gestation_days, expected_conversion_rate, rating_score, input_hash)
SELECT id, 80, 0.25355, 57, id FROM unnest('{101,102,103,loose}'::text[]) id;
INSERT INTO monday_column (board_id, column_id, field, kind, writable) VALUES ('1', 'days', 'expected_gestation_days', 'numbers', true);

SELECT results_eq($$ SELECT project_id, plan->>'item_id', left(refusal, 15) FROM monday_push_plans('{102,loose,nobody,101}') $$,
    $$ VALUES ('102', '102', NULL), ('loose', NULL, 'project "loose"'), ('nobody', NULL, 'unknown project'), ('101', '101', NULL) $$,
    'a plan of each, in their order, or why there is none');
SELECT is(p.plan, monday_push_plan('101'), 'the same as alone') FROM monday_push_plans('{101}') p;
SELECT is_empty($$ SELECT FROM monday_push_plans('{}') $$, 'none of none');

-- A write that began.
CREATE FUNCTION pg_temp.doubt(id text) RETURNS text LANGUAGE sql AS $$
    SELECT format('%s %s', p->>'in_doubt', (p->>'hidden_ms')::integer BETWEEN 1 AND 35000) FROM monday_push_plan(id) p
$$;
SELECT is(pg_temp.doubt('101'), 'false f', 'at first nothing is in doubt');
SELECT begin_monday_writes('{102,101,101}') IS NULL AS begun \gset
SELECT is(pg_temp.doubt('101'), 'true t', 'a write that began may be there, and not show yet');
UPDATE push_state SET write_began_at = write_began_at - interval '36 seconds' WHERE project_id = '101';
SELECT is(pg_temp.doubt('101'), 'true f', 'after a while it shows if it is there');
SELECT record_monday_push('101', monday_push_plan('101')->>'columns_hash', monday_push_plan('101')->>'comment_hash', '900', '7') IS NULL AS recorded \gset
SELECT is(pg_temp.doubt('101'), 'false f', 'recorded: nothing is in doubt');
SELECT is((SELECT written_by FROM push_state WHERE project_id = '101'), '7', 'and whose comment it is');
SELECT record_monday_push_failure('102', 'no answer') IS NULL AS recorded \gset
SELECT is(pg_temp.doubt('102'), 'true t', 'without an answer it is');
SELECT record_monday_push_failure('102', 'not allowed', refused => true) IS NULL AS recorded \gset
SELECT is((SELECT write_began_at FROM push_state WHERE project_id = '102'), NULL, 'a refusal wrote nothing');

SELECT begin_monday_writes('{103}'), cancel_monday_writes('{103}') \gset cancelled_
SELECT is(pg_temp.doubt('103'), 'false f', 'nor did one that was not sent');

-- Closed projects.
UPDATE projects SET pipeline_stage = 'Lost' WHERE monday_id = '103';
SELECT is((SELECT format('%s %s', columns_changed, comment_changed) FROM monday_push_due() WHERE project_id = '103'), 't f', 'a lost project gets its numbers and no comment');
SELECT results_eq('SELECT board_id, columns_items, comments_new, comments_edited, project_ids FROM monday_push_preview()',
    $$ VALUES ('1', 2::bigint, 1::bigint, 0::bigint, '{102}'::text[]) $$, 'a preview of what is due, without projects of no board');
SELECT configure_pipeline('push_comments_on_closed', '1') IS NULL AS set \gset
SELECT is((SELECT comment_changed FROM monday_push_due() WHERE project_id = '103'), true, 'unless that is set');
UPDATE analysis_results SET summary = 'New words.' WHERE project_id = '101';
SELECT results_eq('SELECT comments_new, comments_edited FROM monday_push_preview()', 'VALUES (2::bigint, 1::bigint)', 'a comment that is there is edited');
SELECT is((SELECT sum(comments_new + comments_edited) FROM monday_push_preview(1)), 1::numeric, 'of so many projects');

SELECT * FROM finish();
ROLLBACK;
