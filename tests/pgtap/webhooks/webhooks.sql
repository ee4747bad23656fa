-- Webhook events: what is stored, which projects they make dirty, which jobs cover them.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(76);

\ir ../include/failure.sql

INSERT INTO monday_board (board_id, role, name) VALUES ('1', 'parent', 'Projects'), ('11', 'parent', 'Other projects');
INSERT INTO monday_board (board_id, role, name, parent_board_id) VALUES ('2', 'subitem', 'Subitems', '1'), ('3', 'hidden', 'Quotes', '1');
INSERT INTO monday_board (board_id, role, name, is_active) VALUES ('9', 'parent', 'Former projects', false);
INSERT INTO monday_column (board_id, column_id, field, kind, writable) VALUES
    ('1', 'rating', 'rating_score', 'numbers', true), ('1', 'stage', 'pipeline_stage', 'status', false), ('3', 'rating', 'status', 'status', false);
INSERT INTO hidden_items (monday_id, item_name) VALUES ('h1', '17425_25.01 - A'), ('h2', '17425_25.02 -  B '), ('h3', '  '), ('h4', 'Nothing like it');
INSERT INTO subitems (monday_id, item_name, parent_monday_id, hidden_item_id, link_method, state) VALUES
    ('s1', '17425_25.01 - A', 'p1', 'h1', 'relation', 'active'), ('s2', '17425_25.01 - A', 'p2', 'h1', 'relation', 'active'),
    ('s3', '17425_25.02 - b', 'p3', NULL, 'none', 'active'), ('s4', '17425_25.02 - B', 'p4', NULL, 'none', 'deleted'),
    ('s5', ' ', 'p5', NULL, 'none', 'active'), ('s6', 'Orphan', NULL, NULL, 'none', 'active');

CREATE SEQUENCE pg_temp.keys;
-- One event by itself: the projects of its jobs with their priority, else its status and why.
CREATE FUNCTION pg_temp.mapped(board text, item text, type text DEFAULT 'change_column_value', parent text DEFAULT NULL, "column" text DEFAULT NULL,
                               event jsonb DEFAULT '{}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    k text := 'mapped ' || nextval('pg_temp.keys');
BEGIN
    DELETE FROM job_queue;
    PERFORM record_webhook_events(ARRAY[k], '{7}', ARRAY[board], ARRAY[item], ARRAY[type], ARRAY[parent], ARRAY["column"],
                                  ARRAY[jsonb_build_object('event', event)::text], '{127.0.0.1}');
    RETURN coalesce(
        (SELECT string_agg(format('%s %s', project_id, priority), ', ' ORDER BY project_id) FROM job_queue WHERE job_type = 'rehydrate_and_analyze'),
        (SELECT format('%s: %s', status, error_message) FROM webhook_events WHERE event_key = k));
END $$;

-- From an event to projects.
SELECT is(pg_temp.mapped('1', 'p1'), 'p1 10', 'an item of a parent board is a project, and urgent');
SELECT is(pg_temp.mapped('1', 'p1', type), 'p1 10', type || ' of a project')
FROM unnest(ARRAY['create_item', 'change_name', 'archive_item', 'delete_item', 'restore_item', 'move_item', 'something_new']) type;
SELECT is(pg_temp.mapped('11', 'x'), 'x 10', 'there may be several parent boards');
SELECT is(pg_temp.mapped('1', 's1', 'create_item', 'p1'), 'p1 50', 'an event of the parent board may concern a subitem');
SELECT is(pg_temp.mapped('2', 's1', parent => 'p1'), 'p1 50', 'a subitem names its parent');
SELECT is(pg_temp.mapped('2', 's1', parent => 'p7'), 'p1 50, p7 50', 'where that is another than before, both are dirty');
SELECT is(pg_temp.mapped('2', 's1', type), 'p1 50', type || ' of a subitem that does not name it')
FROM unnest(ARRAY['delete_item', 'archive_item', 'change_name']) type;
SELECT is(pg_temp.mapped('2', 's99'), 'processed_with_warnings: no project is known for item s99 of board 2', 'a subitem that nobody knows');
SELECT is(pg_temp.mapped('2', 's6'), 'processed_with_warnings: no project is known for item s6 of board 2', 'a subitem without a parent');
SELECT is(pg_temp.mapped('22', 's1', 'delete_item', 'p1', event => '{"parentBoardId": 1}'), 'p1 50',
          'the board of subitems need not be configured where the event names the one above');
SELECT is(pg_temp.mapped('22', 's1', parent => 'p1', event => '{"parentItemBoardId": "1"}'), 'p1 50', 'under either name');
SELECT is(pg_temp.mapped('22', 's1', parent => 'p1', event => '{"parentItemBoardId": "99"}'), 'processed_with_warnings: board 22 is not configured', 'if it is configured');
SELECT is(pg_temp.mapped(NULL, NULL, 'move_subitem', event => '{"subitem": "s1", "sourcePulseId": 21, "destPulseId": 22, "sourceBoardId": 1, "destBoardId": 1}'),
          '21 50, 22 50, p1 50', 'a subitem that moved makes both parents dirty, and the one it was known under');
SELECT is(pg_temp.mapped('1', 's1', 'move_subitem', '22', event => '{"sourcePulseId": 21, "destPulseId": 22}'), '21 50, 22 50, p1 50', 'in whatever form');
SELECT is(pg_temp.mapped(NULL, NULL, 'move_subitem', event => '{"subitem": "s1", "sourcePulseId": 21, "destPulseId": 22, "sourceBoardId": 8, "destBoardId": 8}'),
          'processed_with_warnings: the event names no board', 'on configured boards only');
SELECT is(pg_temp.mapped('3', 'h1'), 'p1 50, p2 50', 'a hidden item concerns the parents of its subitems');
SELECT is(pg_temp.mapped('3', 'h2'), 'p3 50', 'without a link those of the active subitems with its name');
SELECT is(pg_temp.mapped('3', 'h9', 'create_item', event => '{"pulseName": "17425_25.02 - B"}'), 'p3 50', 'a new one is known by the name in the event');
SELECT is(pg_temp.mapped('3', 'h4', 'change_name', event => '{"value": {"name": " 17425_25.02  - b"}}'), 'p3 50', 'and a renamed one by its new name');
SELECT is(pg_temp.mapped('3', 'h4', 'delete_item', event => '{"itemName": "17425_25.02 - B"}'), 'p3 50', 'a deleted one by the name it had');
SELECT is(pg_temp.mapped('3', 'h3', event => '{"pulseName": ""}'), 'processed_with_warnings: no project is known for item h3 of board 3', 'a blank name is no name');
SELECT is(pg_temp.mapped('3', 'h4'), 'processed_with_warnings: no project is known for item h4 of board 3', 'nobody has this name');
SELECT is(pg_temp.mapped('99', 'p1'), 'processed_with_warnings: board 99 is not configured', 'a board that nobody configured');
SELECT is(pg_temp.mapped('9', 'p1'), 'processed_with_warnings: board 9 is not configured', 'or that is not in use any more');
SELECT is(pg_temp.mapped(NULL, 'p1'), 'processed_with_warnings: the event names no board', 'an event without a board');
SELECT is(pg_temp.mapped('', 'p1'), 'processed_with_warnings: the event names no board', 'or with an empty one');
SELECT is(pg_temp.mapped('1', NULL, 'create_column'), 'processed_with_warnings: the event names no item', 'an event without an item');
SELECT is(pg_temp.mapped('1', ''), 'processed_with_warnings: the event names no item', 'or with an empty one');
SELECT is(pg_temp.mapped('1', 'p1', "column" => 'stage'), 'p1 10', 'a column that people write');
SELECT is(pg_temp.mapped('1', 'p1', "column" => 'rating'), 'ignored: column rating is written by the pipeline itself', 'a column that the pipeline writes');
SELECT is(pg_temp.mapped('3', 'h1', "column" => 'rating'), 'p1 50, p2 50', 'a column is one of its board');
SELECT is(pg_temp.mapped('1', 'p1', 'create_item', "column" => 'rating'), 'p1 10', 'only changes of its value are echoes');
SELECT is(pg_temp.mapped('1', 'p1', type), 'ignored: comments are not read', type)
FROM unnest(ARRAY['create_update', 'edit_update', 'delete_update']) type;
SELECT is((SELECT count(*) FROM webhook_events WHERE status <> 'pending' AND (processed_at IS NULL OR open_jobs > 0)), 0::bigint,
          'what needs no job is done with');

-- Storing.
DELETE FROM webhook_events;
DELETE FROM webhook_event_job;
DELETE FROM job_queue;
CREATE FUNCTION pg_temp.recorded(keys text[], items text[], "columns" text[] DEFAULT NULL, bodies text[] DEFAULT NULL, unreadable text[] DEFAULT NULL)
RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(outcome, ' ' ORDER BY position)
    FROM record_webhook_events(keys, array_fill('7'::text, ARRAY[cardinality(keys)]), array_fill('1'::text, ARRAY[cardinality(keys)]), items,
        array_fill('change_column_value'::text, ARRAY[cardinality(keys)]), array_fill(NULL::text, ARRAY[cardinality(keys)]),
        coalesce("columns", array_fill(NULL::text, ARRAY[cardinality(keys)])), coalesce(bodies, array_fill('{"event": {}}'::text, ARRAY[cardinality(keys)])),
        array_fill('::1'::text, ARRAY[cardinality(keys)]), unreadable)
$$;
SELECT is(pg_temp.recorded('{k1,k2,k1,k3,k4}', '{a,b,a,a,c}', '{x,x,x,x,rating}'), 'stored stored duplicate stored ignored',
          'each event has its outcome, also within one call');
SELECT is(pg_temp.recorded('{k1,k5}', '{a,a}'), 'duplicate stored', 'a key is known from then on');
SELECT is((SELECT string_agg(format('%s %s', event_key, status), ', ' ORDER BY id) FROM webhook_events), 'k1 pending, k2 pending, k3 pending, k4 ignored, k5 pending',
          'every event is stored once');
SELECT is((SELECT string_agg(format('%s %s', project_id, payload), ', ' ORDER BY project_id) FROM job_queue),
          'a {"trigger": "webhook"}, b {"trigger": "webhook"}', 'each project has one job');
SELECT is((SELECT string_agg(e.event_key || ' ' || q.project_id, ', ' ORDER BY e.id) FROM webhook_event_job j JOIN webhook_events e ON e.id = j.event_id JOIN job_queue q ON q.id = j.job_id),
          'k1 a, k2 b, k3 a, k5 a', 'which covers all its events');
SELECT is((SELECT format('%s %s %s %s %s %s', subscription_id, board_id, item_id, event_type, webhook_payload, client_ip) FROM webhook_events WHERE event_key = 'k1'),
          '7 1 a change_column_value {"event": {}} ::1', 'an event is stored with what is known of it');
SELECT is((SELECT count(*) FROM record_webhook_events('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')), 0::bigint, 'no events are no error');

-- A body that jsonb cannot hold.
SELECT is(pg_temp.recorded('{u1,u2,u3,u4,u5}', '{ua,ub,uc,ud,ue}', NULL,
    ARRAY['{"event": {}}', '{"event": "\u0000"}', '{"event": ', '[' || repeat('[', 20000) || repeat(']', 20000) || ']', '{"n": 1e999999999}']),
    'stored stored stored stored stored', 'a body that cannot be stored as it is harms no other');
SELECT is((SELECT string_agg(format('%s %s', event_key, webhook_payload IS NULL AND length(unreadable_body) > 0), ', ' ORDER BY event_key) FROM webhook_events WHERE event_key LIKE 'u%'),
          'u1 f, u2 t, u3 t, u4 ' || (SELECT webhook_payload IS NULL FROM webhook_events WHERE event_key = 'u4')::text::char(1) || ', u5 t', 'and is kept as text');
SELECT is((SELECT count(*) FROM job_queue WHERE project_id LIKE 'u_'), 5::bigint, 'its project is known by its ids');
SELECT is(pg_temp.recorded('{u6}', '{uf}', NULL, '{NULL}', '{raw}'), 'stored', 'the caller may say so itself');
SELECT is((SELECT format('%s %s %s', webhook_payload, unreadable_body, status) FROM webhook_events WHERE event_key = 'u6'), ' raw pending', 'with the text');
SELECT is((SELECT outcome FROM record_webhook_events('{u7}', '{NULL}', '{NULL}', '{NULL}', '{NULL}', '{NULL}', '{NULL}', '{NULL}', '{NULL}', '{garbage}')), 'stored',
          'an event of which nothing is known');
SELECT is((SELECT format('%s %s', status, error_message) FROM webhook_events WHERE event_key = 'u7'), 'failed the event names no board', 'has failed, and is there to be looked at');

-- What waits is joined, and what runs is followed by another.
DELETE FROM webhook_events;
DELETE FROM job_queue;
SELECT enqueue_job('rehydrate_and_analyze', 'a', '{"reason": "by hand"}', 70, now() + interval '1 hour') \g /dev/null
SELECT pg_temp.recorded('{j1}', '{a}') \g /dev/null
SELECT is((SELECT format('%s %s %s', priority, run_at = now(), payload) FROM job_queue), '10 t {"reason": "by hand", "trigger": "webhook"}', 'a waiting job is joined and becomes as urgent as the event');
SELECT count(*) FROM claim_jobs('w', '{rehydrate_and_analyze}', '{5}') \g /dev/null
SELECT pg_temp.recorded('{j2}', '{a}') \g /dev/null
SELECT is((SELECT string_agg(status, ' ' ORDER BY id) FROM job_queue), 'running queued', 'an event that comes in while the job runs has it run once more');
SELECT is((SELECT count(*) FROM job_queue_running, finish_jobs(ARRAY[id], ARRAY[lease_token])), 1::bigint, 'the first run ends');
SELECT is((SELECT string_agg(format('%s %s', event_key, status), ', ' ORDER BY id) FROM webhook_events), 'j1 processed, j2 pending', 'and covers only what was there when it began');
SELECT ok((SELECT processing_time_ms >= 0 AND processed_at >= received_at AND open_jobs = 0 FROM webhook_events WHERE event_key = 'j1'), 'with the time it took');
SELECT count(*) FROM claim_jobs('w', '{rehydrate_and_analyze}', '{5}') \g /dev/null
SELECT is((SELECT fail_job(id, lease_token, 'no answer') FROM job_queue_running), 'queued', 'the second run fails');
SELECT is((SELECT format('%s %s %s', status, retry_count, error_message) FROM webhook_events WHERE event_key = 'j2'), 'pending 1 ', 'its event waits for another try');
SELECT pg_temp.recorded('{j3}', '{a}') \g /dev/null
SELECT ok((SELECT run_at > now() FROM job_queue_queued), 'which an event does not hasten');
UPDATE job_queue_queued SET run_at = now();
SELECT count(*) FROM claim_jobs('w', '{rehydrate_and_analyze}', '{5}') \g /dev/null
SELECT pg_temp.recorded('{j4}', '{a}') \g /dev/null
SELECT fail_job(id, lease_token, 'no answer') FROM job_queue_running \g /dev/null
SELECT is((SELECT count(DISTINCT j.job_id) FROM webhook_event_job j JOIN webhook_events e ON e.id = j.event_id AND e.status = 'pending'), 1::bigint,
          'where another job takes over it covers the events of both');
UPDATE job_queue_queued SET run_at = now();
SELECT count(*) FROM claim_jobs('w', '{rehydrate_and_analyze}', '{5}') \g /dev/null
SELECT fail_job(id, lease_token, 'no such item', false) FROM job_queue_running \g /dev/null
SELECT is((SELECT string_agg(format('%s %s %s', event_key, status, error_message), ', ' ORDER BY id) FROM webhook_events WHERE event_key <> 'j1'),
          'j2 failed no such item, j3 failed no such item, j4 failed no such item', 'where a job fails for good its events fail, and say why');

-- An event that concerns two projects is processed when both are.
DELETE FROM webhook_events;
DELETE FROM job_queue;
SELECT pg_temp.mapped('3', 'h1') \g /dev/null
SELECT count(*) FROM claim_jobs('w', '{rehydrate_and_analyze}', '{5}') \g /dev/null
SELECT finish_jobs(ARRAY[id], ARRAY[lease_token]) FROM job_queue_running WHERE project_id = 'p1' \g /dev/null
SELECT is((SELECT format('%s %s', status, open_jobs) FROM webhook_events), 'pending 1', 'one of two projects is done');
SELECT finish_jobs(ARRAY[id], ARRAY[lease_token]) FROM job_queue_running \g /dev/null
SELECT is((SELECT format('%s %s', status, open_jobs) FROM webhook_events), 'processed 0', 'both are');
DELETE FROM webhook_events;
SELECT pg_temp.mapped('3', 'h1') \g /dev/null
SELECT count(*) FROM claim_jobs('w', '{rehydrate_and_analyze}', '{5}') \g /dev/null
SELECT fail_job(id, lease_token, 'no such item', false) FROM job_queue_running WHERE project_id = 'p1' \g /dev/null
SELECT finish_jobs(ARRAY[id], ARRAY[lease_token]) FROM job_queue_running \g /dev/null
SELECT is((SELECT format('%s %s', status, error_message) FROM webhook_events), 'failed no such item', 'one of them failed');

-- Wrong use.
SELECT is(pg_temp.failure(statement), expected, statement)
FROM (VALUES
    ($$ SELECT record_webhook_events('{a,NULL}', '{1,1}', '{1,1}', '{1,1}', '{1,1}', '{1,1}', '{1,1}', '{null,null}', '{::1,::1}') $$,
     '22004: event key 2 must not be null; Build the key from subscription and trigger id, else from a digest of the body and its time.'),
    ($$ SELECT record_webhook_events('{a,b}', '{1,1}', '{1}', '{1,1}', '{1,1}', '{1,1}', '{1,1}', '{null,null}', '{::1,::1}') $$,
     '22023: event_keys has 2 elements and board_ids has 1; Give event_keys and board_ids as two arrays of the same length.'),
    ($$ SELECT record_webhook_events('{a}', '{1}', '{1}', '{1}', '{1}', '{1}', '{1}', '{null}', '{::1}', '{a,b}') $$,
     '22023: event_keys has 1 elements and unreadable_bodies has 2; Give event_keys and unreadable_bodies as two arrays of the same length.'),
    ($$ SELECT record_webhook_events(NULL, '{1}', '{1}', '{1}', '{1}', '{1}', '{1}', '{null}', '{::1}') $$,
     '22004: event_keys must not be null; Give event_keys and subscription_ids as two arrays of the same length.'),
    ($$ SELECT record_webhook_events('{a}', '{1}', '{1}', '{1}', '{1}', '{1}', '{1}', '{null}', '{nowhere}') $$,
     '22P02: invalid input syntax for type inet: "nowhere"; ')
) AS t (statement, expected);

SELECT * FROM finish();
ROLLBACK;
