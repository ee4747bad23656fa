-- What to read: windows, candidates, and what a scan of a whole board finds.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(53);
\ir ../include/failure.sql
\ir ../include/monday.sql

-- Since when.
SELECT is(monday_sync_since('3'), '-infinity', 'a board that was never read is read as a whole');
SELECT is(advance_high_water_mark('3', now() - interval '1 hour'), now() - interval '1 hour', 'a read ends with a mark');
SELECT is(monday_sync_since('3'), now() - interval '3 days', 'the last days are always read again');
SELECT is(monday_sync_since('3', 0), now() - interval '75 minutes', 'or what was not read before, with an overlap');
SELECT is(advance_high_water_mark('3', now() - interval '2 hours'), now() - interval '1 hour', 'a mark never moves back');
SELECT is(advance_high_water_mark('3', now() + interval '2 hours'), now(), 'nor into the future');
UPDATE monday_board SET high_water_mark = now() - interval '10 days';
SELECT is(monday_sync_since('3'), now() - interval '10 days 15 minutes', 'after a long pause all that was missed is read');

-- Which hidden items may concern a project.
SELECT ingest_monday_items('3', jsonb_build_array(pg_temp.item('3', '31', 'Linked'), pg_temp.item('3', '32', 'named'), pg_temp.item('3', '33', 'NAMED '),
    pg_temp.item('3', '34', '17425_25.01 - A'), pg_temp.item('3', '35', '1742'), pg_temp.item('3', '36', 'Else'))) \g /dev/null
SELECT ingest_monday_items('2', jsonb_build_array(pg_temp.item('2', '21', 'X', parent => '11', links => '["31", "99"]'), pg_temp.item('2', '22', 'Named', parent => '11'),
    pg_temp.item('2', '23', 'Else', parent => '12'))) \g /dev/null
SELECT ingest_monday_items('1', jsonb_build_array(pg_temp.item('1', '11', '17425'), pg_temp.item('1', '12', 'Other'))) \g /dev/null
SELECT results_eq($$ SELECT board_id, item_id FROM monday_hidden_candidates('{11}') $$,
    $$ VALUES ('3', '31'), ('3', '34'), ('3', '99') $$, 'connected ones, those with the number of the project, none of a name that several have');
SELECT results_eq($$ SELECT item_id FROM monday_hidden_candidates('{12, nobody}') $$, $$ VALUES ('36') $$, 'a project without a number has fewer, and the one of the same name');
SELECT is_empty($$ SELECT * FROM monday_hidden_candidates('{}') $$, 'no project has none');

-- A scan finds what is new, changed and missing.
CREATE FUNCTION pg_temp.seen(VARIADIC ids text[]) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_agg(jsonb_build_object('id', split_part(id, '@', 1), 'updated_at', coalesce(nullif(split_part(id, '@', 2), ''), '2025-06-01') || 'T10:00:00Z')) FROM unnest(ids) id
$$;
CREATE FUNCTION pg_temp.found(run bigint, board text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s', item_id, reason), ', ' ORDER BY item_id) FROM complete_monday_scan(run, board)
$$;
UPDATE hidden_items SET last_synced_at = now() - interval '1 day';
SELECT soft_delete_monday_items('3', '{36}'), begin_sync_run('reconcile') AS run \gset
SELECT is(record_monday_scan(:run, '3', pg_temp.seen('31', '32@2025-06-02', '33@2025-05-01')), 3::bigint, 'a page');
SELECT is(record_monday_scan(:run, '3', pg_temp.seen('31', '36', '37', '37@2025-01-01')), 3::bigint, 'another, which repeats an item');
SELECT is(pg_temp.found(:run, '3'), '32 changed, 34 missing, 35 missing, 36 changed, 37 new', 'what differs: newer, deleted here, unknown here, not there');
SELECT is_empty('SELECT * FROM monday_scan_page', 'a scan leaves nothing behind');
SELECT is((SELECT state FROM hidden_items WHERE monday_id = '34'), 'active', 'what is missing is asked for before it is deleted');
SELECT is(soft_delete_monday_items('3', '{34, 35}', :run), 2::bigint, 'and deleted when it does not come back');
SELECT record_monday_scan(:run, '3', pg_temp.seen('31', '32', '33')) \g /dev/null
SELECT is(pg_temp.found(:run, '3'), NULL, 'what is deleted on both sides is no difference');
SELECT is((SELECT items_deleted FROM sync_log WHERE id = :run), 2::bigint, 'the run counts what was deleted');

SELECT ingest_monday_items('3', jsonb_build_array(pg_temp.item('3', '38', 'Young'))) \g /dev/null
UPDATE hidden_items SET last_synced_at = clock_timestamp() WHERE monday_id = '38';
SELECT is(pg_temp.found(:run, '3'), '31 missing, 32 missing, 33 missing', 'a row that was stored during the scan is not missing from it');
SELECT record_monday_scan(:run, '1', pg_temp.seen('11')), record_monday_scan(:run, '2', pg_temp.seen('21')) \g /dev/null
UPDATE projects SET last_synced_at = now() - interval '1 day';
SELECT is(pg_temp.found(:run, '1'), '12 missing', 'boards are scanned one by one');
SELECT is((SELECT count(*) FROM monday_scan_page), 1::bigint, 'the others go on');
SELECT soft_delete_monday_items('2', '{23}') \g /dev/null
SELECT is(pg_temp.found(:run, '1'), '11 missing, 12 missing', 'a project whose subitem was stored meanwhile was not seen by that');
INSERT INTO projects (monday_id, item_name) VALUES ('imported', 'I');
SELECT is(pg_temp.found(:run, '1'), '11 missing, 12 missing', 'an imported project is on no board');

-- Changes are dated by the second: what was read within a minute of its change may have changed again.
UPDATE hidden_items SET last_synced_at = '2025-06-01 10:00:59Z' WHERE monday_id = '31';
SELECT record_monday_scan(:run, '3', pg_temp.seen('31')) \g /dev/null
SELECT is(pg_temp.found(:run, '3'), '32 missing, 33 missing', 'which the delta has found long ago if the change is old');
UPDATE hidden_items SET last_synced_at = now() - interval '1 minute', monday_updated_at = now() - interval '1 minute' WHERE monday_id IN ('31', '32');
UPDATE hidden_items SET last_synced_at = now() + interval '1 second' WHERE monday_id = '31';
SELECT record_monday_scan(:run, '3', (SELECT jsonb_agg(jsonb_build_object('id', monday_id, 'updated_at', monday_updated_at)) FROM hidden_items WHERE monday_id IN ('31', '32')))
\g /dev/null
SELECT is(pg_temp.found(:run, '3'), '32 changed, 33 missing', 'and which is read again if it is not');

-- What is written down of a scan in which nothing changed: a few bytes an item.
INSERT INTO hidden_items (monday_id, board_id, item_name, monday_updated_at, last_synced_at)
SELECT (7000000000 + 37 * n)::text, '3', 'Many', '2024-03-01', now() FROM generate_series(1, 20000) n;
UPDATE hidden_items SET last_synced_at = '2024-03-01' WHERE monday_id IN ('31', '32');
SELECT pg_current_wal_insert_lsn() AS before \gset
SELECT sum(record_monday_scan(:run, '3', page)) AS seen FROM (
    SELECT jsonb_agg(jsonb_build_object('id', monday_id, 'updated_at', '2024-03-01T00:00:00Z')) AS page
    FROM hidden_items WHERE monday_id LIKE '7%' GROUP BY right(monday_id, 2)) pages \gset
SELECT is(pg_temp.found(:run, '3'), '31 missing, 32 missing, 33 missing', format('%s items are as they were', :seen));
SELECT cmp_ok(pg_wal_lsn_diff(pg_current_wal_insert_lsn(), :'before'), '<', 10.0 * 20000, 'and cost less than ten bytes each');
DELETE FROM hidden_items WHERE monday_id LIKE '7%';

-- An item that was moved to another board.
SELECT is((SELECT format('%s %s', i.updated, i.rejected) FROM ingest_monday_items('1', '[{"id": "12", "name": "Other", "updated_at": "2025-06-01T10:00:00Z", "board": {"id": "7"}, "column_values": [{"id": "x"}]}]') i),
    '1 0', 'an item that is on another board now');
SELECT is((SELECT state FROM projects WHERE monday_id = '12'), 'deleted', 'is gone from this one');
INSERT INTO monday_board (board_id, role, name) VALUES ('7', 'parent', 'Second');
SELECT ingest_monday_items('7', '[{"id": "12", "name": "Other", "updated_at": "2025-06-01T10:00:00Z", "board": {"id": "7"}}]') \g /dev/null
SELECT is((SELECT format('%s %s', state, board_id) FROM projects WHERE monday_id = '12'), 'active 7', 'and lives on there');
SELECT is((ingest_monday_items('1', '[{"id": "12", "name": "Other", "updated_at": "2025-06-01T10:00:00Z", "board": {"id": "7"}}]')).stale, 1::bigint, 'which the former board does not undo');
SELECT is((ingest_monday_items('1', '[{"id": "13", "name": "Never here", "board": {"id": "7"}}]')).created, 0::bigint, 'an item of another board is none of this');

-- Analysis and push.
INSERT INTO projects (monday_id, item_name, state) VALUES ('gone', 'Gone', 'deleted');
DELETE FROM job_queue;
SELECT is((SELECT format('%s %s', a.analysed, a.pushes) FROM analyze_and_enqueue_pushes('{11, imported, gone}') a), '2 1', 'what was analysed and differs from the board is pushed');
SELECT is((SELECT string_agg(format('%s %s %s', job_type, project_id, priority), ', ') FROM job_queue), 'push_to_monday 11 30', 'if it has a board');
SELECT is((SELECT format('%s %s', a.analysed, a.pushes) FROM analyze_and_enqueue_pushes('{gone}') a), '0 0', 'a project that is gone is no error');
SELECT is(pg_temp.failure($$ SELECT analyze_and_enqueue_pushes('{11, nobody}') $$),
    'P0002: unknown project "nobody"; Name the monday_id of an active project; archived and deleted projects are not analysed.', 'one that never was is');
INSERT INTO push_state (project_id, columns_hash, comment_hash) SELECT project_id, columns_hash, comment_hash FROM push_content WHERE project_id = '11';
SELECT is((SELECT format('%s %s', a.analysed, a.pushes) FROM analyze_and_enqueue_pushes('{11}') a), '0 0', 'what is on the board already is not pushed');
DELETE FROM job_queue;
SELECT is((SELECT format('%s %s', a.analysed > 0, a.pushes) FROM analyze_and_enqueue_pushes() a), 't 1', 'all projects');
SELECT is((SELECT string_agg(project_id, ' ') FROM job_queue), '12', 'push what differs');
SELECT is(enqueue_due_monday_pushes(), 1::bigint, 'so does the regular sync');
SELECT is(enqueue_due_monday_pushes(0), 0::bigint, 'up to a number');
SELECT is((SELECT count(*) FROM job_queue), 1::bigint, 'once for a project');

-- Errors.
SELECT is(pg_temp.failure(statement), expected, statement)
FROM (VALUES
    ('SELECT monday_sync_since(''9'')', '22023: unknown board "9"; import_monday_boards() makes a board known.'),
    ('SELECT monday_sync_since(''3'', -1)', '22023: days_back must be zero or more; Leave it out for 3 days.'),
    ('SELECT advance_high_water_mark(''9'')', '22023: unknown board "9"; import_monday_boards() makes a board known.'),
    ('SELECT advance_high_water_mark(''3'', NULL)', '22004: moment must not be null; Give the moment at which the read began.'),
    ('SELECT record_monday_scan(-1, ''3'', ''[]'')', 'P0002: unknown sync run -1; begin_sync_run() starts one and returns its number.'),
    (format('SELECT record_monday_scan(%s, ''9'', ''[]'')', :'run'), '22023: unknown board "9"; import_monday_boards() makes a board known.'),
    (format('SELECT record_monday_scan(%s, ''3'', NULL)', :'run'), '22004: items must not be null; A board that cannot be read is not an empty one.'),
    (format('SELECT record_monday_scan(%s, ''3'', ''[{"id": "1"}, null, {}]'')', :'run'),
     '22023: the scan of board "3" has 2 items that cannot be read; What is missing from such a scan need not be missing from the board: repeat it.'),
    ('SELECT complete_monday_scan(-1, ''3'')', 'P0002: unknown sync run -1; begin_sync_run() starts one and returns its number.'),
    (format('SELECT complete_monday_scan(%s, ''9'')', :'run'), '22023: unknown board "9"; import_monday_boards() makes a board known.'),
    ('SELECT enqueue_due_monday_pushes(-1)', '22023: max_projects must be zero or more; Leave it out for 1000.')
) AS t (statement, expected);

SELECT * FROM finish();
ROLLBACK;
