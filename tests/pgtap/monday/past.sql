-- The past of projects from activity logs: what is staged, walked, derived and merged.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(20);
\ir ../include/failure.sql
\ir ../include/monday.sql
INSERT INTO monday_column (board_id, column_id, field, kind, labels) VALUES ('3', 'wert', 'm2_rate', 'numbers', NULL);

SELECT pg_temp.ingest('3', pg_temp.item('3', '301', 'Halle - A', '{"reason_for_change": "New Enquiry", "quote_amount": "500"}'));
SELECT pg_temp.ingest('2', pg_temp.item('2', '201', 'Halle - A', parent => '101'));
SELECT pg_temp.ingest('1', pg_temp.item('1', '101', 'Halle', '{"pipeline_stage": "Lost", "probability_percent": "0"}'));

CREATE FUNCTION pg_temp.entry(id text, day text, event text, data jsonb) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('id', id, 'event', event, 'data', data::text,
        'created_at', (extract(epoch FROM (day || ' 12:00+00')::timestamptz) * 10000000)::bigint::text)
$$;
CREATE FUNCTION pg_temp.change(id text, day text, item bigint, col text, before text, after text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT pg_temp.entry(id, day, 'update_column_value', jsonb_build_object('pulse_id', item, 'column_id', col,
        'value', jsonb_build_object('value', after), 'previous_value', jsonb_build_object('value', before)))
$$;
CREATE FUNCTION pg_temp.past() RETURNS SETOF text LANGUAGE sql AS $$
    SELECT format('%s %s %s %s %s', valid_from::date, pipeline_stage, coalesce(new_enquiry_value::text, '-'), state, origin)
    FROM project_history WHERE project_id = '101' AND origin <> 'observed' ORDER BY valid_from
$$;

-- Staging ---------------------------------------------------------------------------------------------------------------
SELECT begin_sync_run('history') AS run \gset
SELECT is((SELECT resumed FROM begin_monday_log('1')), false, 'a log is begun');
SELECT is((SELECT format('%s %s %s', stored, unreadable, oldest::date) FROM record_monday_log('1', jsonb_build_array(
        pg_temp.change('e3', '2025-05-20', 101, 'pipeline_stage', 'Check with IS', 'Lost'),
        pg_temp.entry('e2', '2025-05-10', 'add_group', '{"group_id": "g"}'),
        '{"id": "e1", "event": "odd", "created_at": "1", "data": "no"}'), :run)),
    '1 1 2025-05-10', 'entries that name items are kept, and what cannot be read is counted');
SELECT is((SELECT reason FROM sync_reject WHERE run_id = :run), 'entry of the activity log: data is no JSON object', 'and named');
SELECT is((SELECT resumed FROM begin_monday_log('1')), true, 'a read that was broken off is gone on with');
SELECT throws_ok(format('SELECT walk_monday_items(%s, ''1'')', :run), '55000', 'the activity log of board "1" was not read to its end',
    'a log that was not read to its end is not walked');
SELECT record_monday_log('1', jsonb_build_array(
    pg_temp.entry('e0', '2025-05-01', 'create_pulse', '{"pulse_id": 101, "pulse_name": "Halle"}')), :run);
SELECT is((SELECT reaches_from::date FROM end_monday_log('1') AS e (reaches_from)), '2025-05-01', 'it reaches as far as its oldest entry');
SELECT is((SELECT known_from::date FROM record_monday_log('1', jsonb_build_array(
        pg_temp.change('e3', '2025-05-20', 101, 'pipeline_stage', 'Check with IS', 'Lost')), :run)), '2025-05-01',
    'what an earlier read has seen is known');

SELECT begin_monday_log(b) FROM unnest('{2,3}'::text[]) b;
SELECT record_monday_log('2', jsonb_build_array(
    pg_temp.entry('e0', '2025-05-02', 'create_pulse', '{"pulse_id": 201, "pulse_name": "Halle - A", "parent_item_id": "101"}')), :run);
SELECT record_monday_log('3', jsonb_build_array(
    pg_temp.change('e1', '2025-05-15', 301, 'quote_amount', '450.5', '500'),
    pg_temp.entry('e0', '2025-05-02', 'create_pulse', '{"pulse_id": 301, "pulse_name": "Halle - A"}'),
    pg_temp.entry('e9', '2025-05-03', 'delete_pulse', '{"pulse_id": 302}')), :run);
SELECT end_monday_log(b) FROM unnest('{2,3}'::text[]) b;
SELECT results_eq('SELECT unknown_monday_items(''3'')', $$VALUES ('302')$$, 'items that left before they were read are known by their ids');

-- People ------------------------------------------------------------------------------------------------------------------
SELECT record_monday_log('1', jsonb_build_array(pg_temp.entry('p1', '2025-05-04', 'update_column_value',
    '{"pulse_id": 101, "column_id": "who", "value": {"personsAndTeams": [{"id": 71, "kind": "person"}, {"id": 5, "kind": "team"}]}}')), :run);
SELECT results_eq('SELECT unnamed_monday_people()', $$VALUES ('71')$$, 'people whose names are not known are asked for');
SELECT is(name_monday_people('[{"id": "71", "name": "Seller 71"}, {"id": "", "name": "x"}]'), 1::bigint, 'and named');
SELECT is_empty('SELECT unnamed_monday_people()', 'once');

-- The past ------------------------------------------------------------------------------------------------------------------
SELECT walk_monday_items(:run, b) FROM unnest('{3,2,1}'::text[]) b;
CREATE TEMP TABLE observed AS SELECT * FROM project_history;
SELECT is((SELECT versions_written FROM merge_monday_past(:run)), 4::bigint, 'the past is merged');
SELECT results_eq('SELECT pg_temp.past()', $$VALUES
    ('2025-05-01 Check with IS - active log'), ('2025-05-02 Check with IS 450.50 active log'),
    ('2025-05-15 Check with IS 500.00 active log'), ('2025-05-20 Lost 500.00 active log')$$,
    'derived as the rules derive it today');
SELECT is((SELECT versions_written FROM merge_monday_past(:run)), 0::bigint, 'a second time writes nothing');
SELECT results_eq($$SELECT to_jsonb(h) FROM project_history h WHERE origin = 'observed' ORDER BY project_id, valid_from$$,
    'SELECT to_jsonb(o) FROM observed o ORDER BY project_id, valid_from', 'what was observed stays');
SELECT is((SELECT metadata->>'contradictions' FROM sync_log WHERE id = :run), '0', 'nothing contradicts the log');
SELECT is_empty(format('SELECT end_monday_past(%s)', :run), 'every board has a past');
SELECT is((SELECT count(*) FROM monday_past), 0::bigint, 'and what was walked is forgotten');

-- What has none -------------------------------------------------------------------------------------------------------------
UPDATE monday_column SET kind = 'mirror' WHERE board_id = '1' AND field = 'pipeline_stage';
SELECT results_eq(format('SELECT end_monday_past(%s)', :run),
    $$VALUES ('board 1: no log tells the past of column pipeline_stage (pipeline_stage), a mirror')$$, 'a stage in a mirror has no past');
SELECT begin_sync_run('history') AS later \gset
SELECT is((SELECT count(*) FROM end_monday_past(:later) AS t (told) WHERE told LIKE '%was not read'), 3::bigint,
    'nor has a board of which a log was not read');

SELECT * FROM finish();
ROLLBACK;
