-- Runs in sync_log: begun, counted, ended, and abandoned.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(27);
\ir ../include/failure.sql
\ir ../include/monday.sql

CREATE FUNCTION pg_temp.run(run bigint) RETURNS text LANGUAGE sql AS $$
    SELECT format('%s %s %s %s|%s %s %s %s %s %s|%s %s|%s', status, board_name, trigger, completed_at IS NOT NULL, items_processed, items_created,
        items_updated, items_unchanged, items_deleted, items_rejected, api_calls, complexity_used, error_message)
    FROM sync_log WHERE id = run
$$;

SELECT begin_sync_run('rehydrate_delta', '3', 'pg_cron') AS run \gset
SELECT is(pg_temp.run(:run), 'running Quotes pg_cron f|0 0 0 0 0 0|0 0|', 'a run begins');
SELECT ingest_monday_items('3', jsonb_build_array(pg_temp.item('3', '1', 'A'), pg_temp.item('3', '2', 'B', '{"area": "x"}')), :run) \g /dev/null
SELECT ingest_monday_items('3', jsonb_build_array(pg_temp.item('3', '1', 'A'), pg_temp.item('3', '2', 'C'), pg_temp.item('3', '2', 'D', at => '2020-01-01')), :run) \g /dev/null
SELECT soft_delete_monday_items('3', '{2}', :run) \g /dev/null
SELECT is(pg_temp.run(:run), 'running Quotes pg_cron f|5 2 1 2 1 1|0 0|', 'its pages are counted, an older item as unchanged');
SELECT is((SELECT count(*) FROM sync_log), 1::bigint, 'in one row');
SELECT is((SELECT string_agg(field, ' ') FROM sync_reject WHERE run_id = :run), 'area', 'its rejects are its own');
UPDATE sync_log SET seen_at = now() - interval '1 hour' WHERE id = :run;
SELECT add_sync_progress(:run, 3, 1000), add_sync_progress(:run, 1, NULL) \g /dev/null
SELECT is((SELECT seen_at > now() - interval '1 minute' FROM sync_log WHERE id = :run), true, 'progress is a sign of life');
SELECT end_sync_run(:run, api_calls => 1, complexity_used => 5, metadata => '{"pages": 2}') \g /dev/null
SELECT is(pg_temp.run(:run), 'completed Quotes pg_cron t|5 2 1 2 1 1|5 1005|', 'a run ends with its calls');
SELECT is((SELECT metadata FROM sync_log WHERE id = :run), '{"pages": 2}'::jsonb, 'and what else there is to say');

SELECT begin_sync_run('reconcile') AS failed \gset
SELECT end_sync_run(:failed, 'failed', 'monday.com: token revoked') \g /dev/null
SELECT is(pg_temp.run(:failed), 'failed   t|0 0 0 0 0 0|0 0|monday.com: token revoked', 'a run of all boards may fail');

-- A worker that is gone.
SELECT begin_sync_run('reconcile') AS lost, begin_sync_run('rehydrate_recent') AS alive \gset
SELECT record_monday_scan(:lost, '3', '[{"id": "1"}]'), record_monday_scan(:alive, '3', '[{"id": "1"}]') \g /dev/null
UPDATE sync_log SET seen_at = now() - interval '16 minutes' WHERE id = :lost;
UPDATE sync_log SET seen_at = now() - interval '14 minutes' WHERE id = :alive;
SELECT is(fail_abandoned_sync_runs(), 1, 'a run that is silent for 15 minutes has failed');
SELECT matches(pg_temp.run(:lost), '^failed   t.*\|no sign of life since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$', 'and says since when');
SELECT matches(pg_temp.run(:alive), '^running', 'one that is alive goes on');
SELECT is((SELECT array_agg(DISTINCT run_id) FROM monday_scan_page), ARRAY[:alive::bigint], 'what a lost run had scanned is dropped');
SELECT begin_sync_run('rehydrate_delta') \g /dev/null
SELECT is(fail_abandoned_sync_runs('13 minutes'), 1, 'the time may be another');
UPDATE sync_log SET status = 'running', seen_at = now() - interval '1 day' WHERE id = :alive;
SELECT begin_sync_run('rehydrate_delta') \g /dev/null
SELECT matches(pg_temp.run(:alive), '^failed', 'the next run finds abandoned ones by itself');
SELECT end_sync_run(:alive) \g /dev/null
SELECT matches(pg_temp.run(:alive), '^completed .*\|$', 'one that was only slow ends as it should');

-- Errors.
SELECT is(pg_temp.failure(statement), expected, statement)
FROM (VALUES
    ('SELECT begin_sync_run('''')', '22004: sync_type must not be empty; Name the flow, for example rehydrate_delta.'),
    ('SELECT add_sync_progress(-1, 1, 1)', 'P0002: unknown sync run -1; begin_sync_run() starts one and returns its number.'),
    ('SELECT end_sync_run(NULL)', 'P0002: unknown sync run NULL; begin_sync_run() starts one and returns its number.'),
    (format('SELECT end_sync_run(%s, ''running'')', :'run'), '22023: a sync run cannot end as "running"; It ends as completed or as failed.'),
    (format('SELECT end_sync_run(%s, ''failed'')', :'run'), '22023: a sync run that failed needs an error message; A run that met an error which it could not retry is failed.'),
    (format('SELECT end_sync_run(%s, ''completed'', ''x'')', :'run'), '22023: a sync run with an error cannot end as completed; A run that met an error which it could not retry is failed.'),
    ('SELECT fail_abandoned_sync_runs(''-1 s'')', '22023: silence must be zero or more; Leave it out for 15 minutes.'),
    ('SELECT soft_delete_monday_items(''9'', ''{}'')', '22023: unknown board "9"; import_monday_boards() makes a board known.'),
    ('SELECT soft_delete_monday_items(''3'', ''{}'', -1)', 'P0002: unknown sync run -1; begin_sync_run() starts one and returns its number.'),
    ('SELECT soft_delete_missing_subitems(NULL, ''{}'')', '22004: parent_ids must not be null; Give the projects whose list of subitems was read in full, and all ids on these lists.'),
    ('SELECT soft_delete_missing_subitems(''{}'', NULL)', '22004: subitem_ids must not be null; Give the projects whose list of subitems was read in full, and all ids on these lists.'),
    ('SELECT soft_delete_missing_subitems(''{}'', ''{}'', -1)', 'P0002: unknown sync run -1; begin_sync_run() starts one and returns its number.')
) AS t (statement, expected);

SELECT * FROM finish();
ROLLBACK;
