-- A past that is told: what is merged into history, what stays, and what is passed over.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(32);

\ir ../include/failure.sql

-- Two projects under observation since now, one that was removed outright.
INSERT INTO projects (monday_id, item_name, pipeline_stage, new_enquiry_value, sales_representative)
VALUES ('tower', 'Tower', 'Open Enquiry', 500, 'Ines'), ('bridge', 'Bridge', 'Lost', 900, 'Olek'), ('pier', 'Pier', NULL, 1, NULL);
DELETE FROM projects WHERE monday_id = 'pier';
UPDATE project_history SET valid_from = '2022-01-01 00:00+00' WHERE project_id = 'bridge';
CREATE TEMP TABLE observed AS SELECT * FROM project_history;

-- The versions of a project before observation: day, value and owner.
CREATE FUNCTION pg_temp.past(project text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s %s', to_char(timezone('UTC', valid_from), 'YYYY-MM-DD'),
                             CASE WHEN state = 'active' THEN coalesce(new_enquiry_value::text, '?') ELSE state END,
                             coalesce(sales_representative, '-')), ', ' ORDER BY valid_from)
    FROM project_history WHERE project_id = project AND origin <> 'observed'
$$;
-- Merges states of one project, as "day value owner" in the order given.
CREATE FUNCTION pg_temp.merge(project text, states text[], origin text DEFAULT 'log', is_complete boolean DEFAULT true)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told text;
BEGIN
    PERFORM open_history_intake();
    INSERT INTO pg_temp.pipeline_history_intake (project_id, valid_from, item_name, new_enquiry_value, sales_representative, state)
    SELECT project, (split_part(s, ' ', 1) || ' 12:00+00')::timestamptz, 'Told',
           CASE WHEN split_part(s, ' ', 2) ~ '^\d' THEN split_part(s, ' ', 2)::numeric END, nullif(split_part(s, ' ', 3), ''),
           CASE WHEN split_part(s, ' ', 2) ~ '^[a-z]' THEN split_part(s, ' ', 2) ELSE 'active' END
    FROM unnest(states) WITH ORDINALITY AS u (s, n) ORDER BY n;
    SELECT format('%s written, %s removed, %s after, %s unknown', m.versions_written, m.versions_removed,
                  m.states_after_observation, m.unknown_projects)
    INTO told FROM merge_history_intake(origin, is_complete) m;
    RETURN told;
END $$;

SELECT is(pg_temp.merge('tower', '{2021-05-03 30 Ines,2021-02-01 10 Ruth,2021-03-01 20 Ruth,2021-03-09 20 Ruth,2021-05-03 40 Ines}'),
          '3 written, 0 removed, 0 after, 0 unknown', 'states come in any order; one that says nothing new is none');
SELECT is(pg_temp.past('tower'), '2021-02-01 10.00 Ruth, 2021-03-01 20.00 Ruth, 2021-05-03 40.00 Ines',
          'of one moment the last counts, and the owner is that of then');
SELECT is(pg_temp.merge('tower', '{2021-02-01 10 Ruth,2021-03-01 20 Ruth,2021-05-03 40 Ines}'),
          '0 written, 0 removed, 0 after, 0 unknown', 'the same once more writes nothing');
SELECT is((SELECT h.valid_to FROM project_history h WHERE h.project_id = 'tower' AND h.new_enquiry_value = 40),
          (SELECT o.valid_from FROM observed o WHERE o.project_id = 'tower'), 'the last state holds until observation begins');
SELECT is((SELECT count(DISTINCT project_uuid) FROM project_history WHERE project_id = 'tower'), 1::bigint, 'with one uuid');
SELECT is_empty($$ SELECT FROM pipeline_forecast_as_of('2021-01-31 00:00+00') WHERE project_id = 'tower' $$, 'before its first state a project is unknown');
SELECT is((SELECT contract_value FROM pipeline_forecast_as_of('2021-03-15 00:00+00') WHERE project_id = 'tower'), 20.00, 'a day reads the state of then');

-- A later log reaches less far back: what an earlier one said of the time before stays.
SELECT is(pg_temp.merge('tower', '{2021-03-05 20 Ruth,2021-06-01 41 Ines}'), '2 written, 1 removed, 0 after, 0 unknown',
          'a log replaces the span of which it speaks');
SELECT is(pg_temp.past('tower'), '2021-02-01 10.00 Ruth, 2021-03-01 20.00 Ruth, 2021-06-01 41.00 Ines', 'and leaves what lies before');
SELECT is(pg_temp.merge('tower', '{2021-02-10 11 Ruth,2021-02-20 12 Ruth}', is_complete => false),
          '3 written, 0 removed, 0 after, 0 unknown', 'one that is not complete');
SELECT is(pg_temp.past('tower'), '2021-02-01 10.00 Ruth, 2021-02-10 11.00 Ruth, 2021-02-20 12.00 Ruth, 2021-03-01 20.00 Ruth, 2021-06-01 41.00 Ines',
          'leaves what lies behind as well');

-- What was observed is not touched.
SELECT is(pg_temp.merge('bridge', '{2021-02-01 7 Olek,2022-01-02 8 Olek}'), '1 written, 0 removed, 1 after, 0 unknown',
          'what a log says of the time under observation is passed over');
SELECT is_empty('SELECT * FROM observed EXCEPT SELECT * FROM project_history', 'observed versions stay as they are');
SELECT is(pg_temp.merge('pier', '{2021-04-01 5 Ada}'), '1 written, 0 removed, 0 after, 0 unknown', 'a project that was removed under observation has a past');
SELECT is((SELECT string_agg(origin || ' ' || state, ', ' ORDER BY valid_from) FROM project_history WHERE project_id = 'pier'),
          'log active, observed active, observed deleted', 'before what was observed of it');

-- A project that is in no table.
SELECT is(pg_temp.merge('ghost', '{2021-02-01 5 Ada}'), '0 written, 0 removed, 0 after, 1 unknown', 'an unknown project that is still there is passed over');
SELECT is(pg_temp.merge('ghost', '{2021-02-01 5 Ada,2021-07-01 deleted}'), '2 written, 0 removed, 0 after, 0 unknown', 'one that is over has a past');
SELECT is(pg_temp.merge('ghost', '{2021-02-01 5 Ada,2021-07-01 deleted}'), '0 written, 0 removed, 0 after, 0 unknown', 'once');
SELECT is((SELECT contract_value FROM pipeline_forecast_as_of('2021-03-15 00:00+00') WHERE project_id = 'ghost'), 5.00, 'it is part of the forecast of then');
SELECT is((SELECT state FROM project_dimension WHERE project_id = 'ghost'), 'deleted', 'and reports can name it');
INSERT INTO projects (monday_id, item_name, new_enquiry_value) VALUES ('ghost', 'Ghost', 6);
SELECT is((SELECT string_agg(origin || ' ' || state, ', ' ORDER BY valid_from) FROM project_history WHERE project_id = 'ghost'),
          'log active, log deleted, observed active', 'where it comes back it continues its history');

-- Inferred and logged.
SELECT is(pg_temp.merge('bridge', '{2020-01-01 3 Olek}', 'inferred'), '0 written, 0 removed, 0 after, 0 unknown', 'where a log speaks nothing is inferred');
INSERT INTO projects (monday_id, item_name, new_enquiry_value) VALUES ('dam', 'Dam', 70);
SELECT is(pg_temp.merge('dam', '{2020-01-01 3 Olek}', 'inferred'), '1 written, 0 removed, 0 after, 0 unknown', 'where none speaks it is');
SELECT is(pg_temp.merge('dam', '{2021-01-01 4 Olek}'), '1 written, 1 removed, 0 after, 0 unknown', 'and a log takes its place');
SELECT is(pg_temp.past('dam'), '2021-01-01 4.00 Olek', 'the time before it is unknown again');

-- What was replayed rests on another past.
INSERT INTO analysis_history (project_id, valid_from, analysis_timestamp, llm_status, origin)
VALUES ('dam', '2021-02-01', '2021-02-01', 'none', 'replayed'), ('dam', '2021-03-01', '2021-03-01', 'none', 'observed');
SELECT pg_temp.merge('dam', '{2021-01-01 4 Olek}') \g /dev/null
SELECT is((SELECT count(*) FROM analysis_history WHERE project_id = 'dam'), 2::bigint, 'the same past keeps its replayed analyses');
SELECT pg_temp.merge('dam', '{2021-01-02 5 Olek}') \g /dev/null
SELECT is((SELECT string_agg(origin, ', ') FROM analysis_history WHERE project_id = 'dam'), 'observed', 'another one does not');
SELECT is((SELECT string_agg(v.check_name, ', ') FROM validate_pipeline_forecast() v WHERE v.check_name = 'history_without_gaps_or_overlaps' AND NOT v.passed), NULL,
          'history is whole');

-- Refusals.
SELECT is(pg_temp.failure('SELECT merge_history_intake()'),
          '55000: there are no states of projects to merge; Call open_history_intake() and insert into pg_temp.pipeline_history_intake in the same transaction.',
          'nothing to merge');
SELECT is(pg_temp.failure('SELECT merge_history_intake(''observed'')'),
          '22023: origin must be log or inferred, not observed; What is observed is written by the triggers of projects alone.', 'nobody else observes');
SELECT open_history_intake() \g /dev/null
SELECT is(left(pg_temp.failure(format('INSERT INTO pg_temp.pipeline_history_intake (project_id, valid_from, item_name, state, %I) VALUES (''x'', %L, ''X'', ''active'', %L)',
              name, moment, value)), 5), '23514', format('%s %s at %s is refused', name, value, moment))
FROM (VALUES ('probability_percent', '2021-01-01', '101'), ('account', '2921-01-01', 'A')) AS t (name, moment, value);

SELECT * FROM finish();
ROLLBACK;
