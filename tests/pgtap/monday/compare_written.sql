-- What people do to columns and comments that were written back.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(17);
\ir ../include/failure.sql
\ir ../include/monday.sql

SELECT pg_temp.ingest('1', pg_temp.item('1', '101', '17425'), pg_temp.item('1', '102', '17426')) IS NULL AS read \gset
INSERT INTO analysis_results (project_id, expected_gestation_days, expected_conversion_rate, rating_score, input_hash) VALUES
    ('101', 80, 0.4530, 57, 'h1'), ('102', NULL, 0.5, 60, 'h2');
INSERT INTO monday_column (board_id, column_id, field, kind, writable) VALUES
    ('1', 'days', 'expected_gestation_days', 'numbers', true), ('1', 'rate', 'expected_conversion_rate', 'numbers', true);
CREATE FUNCTION pg_temp.push(id text) RETURNS text LANGUAGE sql AS $$
    SELECT record_monday_push(id, p->>'columns_hash', p->>'comment_hash', 'u' || id, '7') FROM monday_push_payload(id) p;
    UPDATE push_state SET pushed_at = now() - interval '2 hours' WHERE project_id = id;
    DELETE FROM job_queue;
    SELECT '';
$$;
CREATE FUNCTION pg_temp.shows(id text, days text, rate text) RETURNS bigint LANGUAGE sql AS $$
    SELECT compare_written_columns('1', jsonb_build_array(NULL, jsonb_build_object('id', id, 'column_values', jsonb_build_array(NULL,
        jsonb_build_object('id', 'days', 'text', days), jsonb_build_object('id', 'rate', 'text', rate),
        jsonb_build_object('id', 'other', 'text', '1')))))
$$;
SELECT pg_temp.push('101'), pg_temp.push('102') \gset pushed_

SELECT is(pg_temp.shows('101', '80', '45.3'), 0::bigint, 'the same numbers, however they are written');
SELECT is(pg_temp.shows('102', '5', '50'), 0::bigint, 'a number that was never written is not ours');
SELECT is((SELECT count(*) FROM monday_push_due()), 0::bigint, 'nothing is due');
SELECT is(pg_temp.shows('101', days, rate), 1::bigint, what) || pg_temp.push('101')
FROM (VALUES ('81', '45.3', 'an edit'), ('80', '', 'a cleared column'), ('80', NULL, 'an empty one'), ('80', 'about 45', 'words')) AS edit (days, rate, what);
SELECT is(pg_temp.shows('101', '81', '45.3'), 1::bigint, 'noticed');
SELECT is((SELECT format('%s %s', columns_changed, comment_changed) FROM monday_push_due() WHERE project_id = '101'), 't f', 'the columns are due, the comment is not');
SELECT pg_temp.push('101') \gset pushed_
UPDATE push_state SET pushed_at = now() WHERE project_id = '101';
SELECT is(pg_temp.shows('101', '81', '45.3'), 0::bigint, 'what was written a moment ago may not show yet');
SELECT pg_temp.push('101') \gset pushed_

-- Comments.
SELECT set_eq($$ SELECT written_comments('1') $$, ARRAY['u101', 'u102'], 'the comments of a board');
SELECT is(forget_comments('{u101,nobody}'), 1::bigint, 'one that is gone');
SELECT is((SELECT format('%s %s', columns_changed, comment_changed) FROM monday_push_due() WHERE project_id = '101'), 'f t', 'is due again');
SELECT pg_temp.push('101') \gset pushed_

-- Webhooks of others.
CREATE FUNCTION pg_temp.event(key text, type text, item text, col text, body text) RETURNS text LANGUAGE sql AS $$
    SELECT outcome FROM record_webhook_events(ARRAY[key], '{1}', '{1}', ARRAY[item], ARRAY[type], '{NULL}', ARRAY[col], ARRAY[body], '{127.0.0.1}')
$$;
CREATE FUNCTION pg_temp.pushes() RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(project_id, ' ' ORDER BY project_id), '') FROM job_queue WHERE job_type = 'push_to_monday'
$$;
SELECT pg_temp.event('e1', 'change_column_value', '101', 'days', '{"event": {"userId": 7}}') \gset event_
SELECT is(pg_temp.pushes(), '', 'our own echo is ignored');
SELECT pg_temp.event('e2', 'change_column_value', '101', 'days', '{"event": {"userId": 8}}') \gset event_
SELECT is(pg_temp.pushes(), '101', 'the edit of somebody else is pushed over');
SELECT pg_temp.push('101') \gset pushed_
UPDATE push_state SET pushed_at = now() - interval '10 minutes' WHERE project_id = '101';
SELECT pg_temp.event('e3', 'change_column_value', '101', 'days', '{"event": {"userId": 8}}') \gset event_
SELECT is(pg_temp.pushes(), '', 'but not again and again');
SELECT pg_temp.push('101') \gset pushed_
SELECT pg_temp.event('e4', 'delete_update', '101', NULL, '{"event": {"userId": 8, "updateId": 5}}') \gset event_
SELECT pg_temp.event('e5', 'delete_update', '102', NULL, '{"event": {"userId": 8, "updateId": "u102"}}') \gset event_
SELECT is(pg_temp.pushes(), '102', 'a deleted comment of ours, and no other');

SELECT * FROM finish();
ROLLBACK;
