-- Reads that came before monday.com showed the change that they were for.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(9);
\ir ../include/monday.sql

SELECT pg_temp.ingest('1', pg_temp.item('1', '101', '17425'), pg_temp.item('1', '102', '17426')) IS NULL AS read \gset
UPDATE projects SET monday_updated_at = '2026-11-05 12:00:00+00';
DELETE FROM job_queue;
-- changedAt of an edit of an item, so many seconds after what is stored of it.
CREATE FUNCTION pg_temp.edit(key text, item text, seconds numeric, type text DEFAULT 'change_column_value') RETURNS void LANGUAGE sql AS $$
    SELECT FROM record_webhook_events(ARRAY[key], '{1}', '{1}', ARRAY[item], ARRAY[type], '{NULL}', '{name}',
        ARRAY[jsonb_build_object('event', jsonb_build_object('changedAt', extract(epoch FROM timestamptz '2026-11-05 12:00:00+00') + seconds))::text], '{127.0.0.1}')
$$;
CREATE FUNCTION pg_temp.read_all() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    jobs bigint[];
    tokens bigint[];
    again bigint;
BEGIN
    UPDATE job_queue SET run_at = now() WHERE status = 'queued';
    SELECT array_agg(id), array_agg(lease_token) INTO jobs, tokens FROM claim_jobs('test', '{rehydrate_and_analyze}', '{100}');
    again := await_monday_items(jobs);
    PERFORM finish_jobs(jobs, tokens);
    RETURN again;
END $$;

SELECT pg_temp.edit('k1', '101', 0.9) IS NULL AS edited \gset
SELECT is(pg_temp.read_all(), 0::bigint, 'an item as new as its event is not read again');
SELECT pg_temp.edit('k2', '101', 9.5) IS NULL AS edited \gset
SELECT pg_temp.edit('k3', '102', 0) IS NULL AS edited \gset
SELECT is(pg_temp.read_all(), 1::bigint, 'an older one is');
SELECT results_eq($$ SELECT project_id COLLATE "default", payload->>'looks', payload->'awaits' ? '101', run_at > now() + interval '3 s' FROM job_queue WHERE status = 'queued' $$,
    $$ VALUES ('101', '1', true, true) $$, 'a little later, and the next read knows what it waits for');
SELECT is(ARRAY[pg_temp.read_all(), pg_temp.read_all(), pg_temp.read_all()], '{1,1,0}', 'three times, and then no more');
SELECT is((SELECT count(*) FROM job_queue WHERE status = 'queued'), 0::bigint, 'nothing waits');
SELECT pg_temp.edit('k4', '101', 9.5) IS NULL AS edited \gset
SELECT is(pg_temp.read_all(), 1::bigint, 'a new edit');
UPDATE projects SET monday_updated_at = '2026-11-05 12:00:09+00' WHERE monday_id = '101';
SELECT is(pg_temp.read_all(), 0::bigint, 'that shows when it is read again');
SELECT pg_temp.edit('k5', '101', 90, 'create_item') IS NULL AS edited \gset
SELECT pg_temp.edit('k6', '101', 1e9) IS NULL AS edited \gset
SELECT is(pg_temp.read_all(), 0::bigint, 'other events, and moments to come, wait for nothing');
INSERT INTO webhook_events (event_key, item_id, event_type, webhook_payload) VALUES ('odd', '101', 'change_column_value', '{"event": {"changedAt": "x"}}');
SELECT is(await_monday_items('{-1}'), 0::bigint, 'jobs that do not run are none');

SELECT * FROM finish();
ROLLBACK;
