-- Daily snapshots: today, past days from history, and what is refused.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(37);

\ir ../include/failure.sql

INSERT INTO projects (monday_id, item_name, pipeline_stage, new_enquiry_value, probability_percent, follow_up_date) VALUES
    ('in', 'P', 'Open Enquiry', 1000, 40, pipeline_window_end(pipeline_today()) - 1),
    ('won', 'P', 'Won Via Other Ref', 500, NULL, pipeline_window_start(pipeline_today())),
    ('lost', 'P', 'Lost', 700, NULL, pipeline_today()),
    ('too early', 'P', 'Open Enquiry', 1000, 40, pipeline_window_start(pipeline_today()) - 1),
    ('too late', 'P', 'Open Enquiry', 1000, 40, pipeline_window_end(pipeline_today()));
INSERT INTO analysis_results (project_id, expected_conversion_rate, conversion_confidence, analysis_timestamp)
VALUES ('in', 0.5, 0.5, '2025-01-02 03:04:05+00');

SELECT is(create_pipeline_forecast_snapshot(), 3, 'the snapshot of today holds the projects of the twelve months');
SELECT results_eq(
    $$ SELECT snapshot_date, project_id COLLATE "default", forecast_month, stage_bucket, contract_value, probability, committed_value,
              expected_value, best_case_value, worst_case_value, analysis_timestamp, source
       FROM pipeline_forecast_snapshot WHERE snapshot_date = pipeline_today() ORDER BY project_id $$,
    $$ VALUES
        (pipeline_today(), 'in', (pipeline_window_end(pipeline_today()) - interval '1 month')::date, 'Open', 1000.00, 0.50000,
         0.00, 500.00, 650.00, 350.00, timestamptz '2025-01-02 03:04:05+00', 'live'),
        (pipeline_today(), 'lost', pipeline_window_start(pipeline_today()), 'Lost', 700, 0, 0, 0, 0, 0, NULL, 'live'),
        (pipeline_today(), 'won', pipeline_window_start(pipeline_today()), 'Committed', 500, 1, 500, 500, 500, 500, NULL, 'live') $$,
    'every column comes from the project view');
SELECT is((SELECT count(*) FROM pipeline_forecast_snapshot WHERE created_at = now()), 3::bigint, 'rows say when they were made');

-- Again on the same day: replaced.
UPDATE projects SET new_enquiry_value = 2000 WHERE monday_id = 'in';
DELETE FROM projects WHERE monday_id = 'lost';
SELECT is(create_pipeline_forecast_snapshot(pipeline_today()), 2, 'a second run of the day replaces its rows');
SELECT is((SELECT array_agg(format('%s %s', project_id, expected_value) ORDER BY project_id) FROM pipeline_forecast_snapshot
           WHERE snapshot_date = pipeline_today()), '{"in 1000.00","won 500.00"}', 'and holds the new state alone');
SELECT is((SELECT format('%s %s', source, row_count) FROM pipeline_forecast_snapshot_day WHERE snapshot_date = pipeline_today()),
          'live 2', 'the list of days holds the day once, with its rows');
SELECT is(create_pipeline_forecast_snapshot(pipeline_today(), use_current_state => true), 2, 'today is today, either way');
SELECT is((SELECT source FROM pipeline_forecast_snapshot_day WHERE snapshot_date = pipeline_today()), 'live',
          'today''s source is live, either way');

-- The past: made by hand, in 2024. The project was worth 50, then 100 from noon of the 15th on, then 200 from the first
-- moment of the 17th on, and was deleted on the 19th.
DELETE FROM projects;
DELETE FROM project_history;
DELETE FROM analysis_history;
INSERT INTO project_history (project_id, valid_from, valid_to, project_uuid, item_name, pipeline_stage, new_enquiry_value,
                             probability_percent, follow_up_date, state) VALUES
    ('p', '2024-01-10 08:00+00', '2024-01-15 12:00+00', gen_random_uuid(), 'P', 'Open Enquiry', 50, 100, '2024-12-31', 'active'),
    ('p', '2024-01-15 12:00+00', '2024-01-17 00:00+00', gen_random_uuid(), 'P', 'Open Enquiry', 100, 100, '2024-12-31', 'active'),
    ('p', '2024-01-17 00:00+00', '2024-01-19 12:00+00', gen_random_uuid(), 'P', 'Open Enquiry', 200, 100, '2024-12-31', 'active'),
    ('p', '2024-01-19 12:00+00', NULL, gen_random_uuid(), 'P', 'Open Enquiry', 200, 100, '2024-12-31', 'deleted'),
    ('undated', '2024-01-10 08:00+00', NULL, gen_random_uuid(), 'P', 'Won Via Other Ref', 7, NULL, NULL, 'active'),
    ('next year', '2024-01-10 08:00+00', NULL, gen_random_uuid(), 'P', 'Open Enquiry', 9, NULL, '2025-01-01', 'active');
INSERT INTO analysis_history (project_id, valid_from, valid_to, expected_conversion_rate, conversion_confidence, analysis_timestamp, llm_status)
VALUES ('p', '2024-01-16 12:00+00', '2024-01-17 12:00+00', 0.25, 0.5, '2024-01-16 12:00+00', 'none');

CREATE FUNCTION pg_temp.day(snapshot date) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s %s', project_id, forecast_month, expected_value), ', ' ORDER BY project_id)
           || ' ' || min(source)
    FROM pipeline_forecast_snapshot WHERE snapshot_date = snapshot
$$;
SELECT is(create_pipeline_forecast_snapshot('2024-01-10'), 2, 'a past day is taken from history');
SELECT is(pg_temp.day('2024-01-10'), 'p 2024-12-01 50.00, undated 2024-01-01 7.00 history',
          'the window is that of the day, and a project without a date is dated that day');
SELECT create_pipeline_forecast_snapshot(day::date) FROM generate_series(date '2024-01-14', '2024-01-20', '1 day') day \g /dev/null
SELECT is(pg_temp.day('2024-01-14'), 'p 2024-12-01 50.00, undated 2024-01-01 7.00 history', 'the day before a change');
SELECT is(pg_temp.day('2024-01-15'), 'p 2024-12-01 100.00, undated 2024-01-01 7.00 history', 'a change counts by the end of its day');
SELECT is(pg_temp.day('2024-01-16'), 'p 2024-12-01 25.00, undated 2024-01-01 7.00 history',
          'an analysis counts by the end of its day; a change at midnight belongs to the next');
SELECT is(pg_temp.day('2024-01-17'), 'p 2024-12-01 200.00, undated 2024-01-01 7.00 history', 'an analysis that ended is gone');
SELECT is(pg_temp.day('2024-01-19'), 'undated 2024-01-01 7.00 history', 'a project deleted that day is gone');
SET LOCAL timezone = 'Pacific/Honolulu';
SELECT create_pipeline_forecast_snapshot('2024-01-16') \g /dev/null
SELECT is(pg_temp.day('2024-01-16'), 'p 2024-12-01 25.00, undated 2024-01-01 7.00 history', 'days end in UTC, wherever the session is');
SET LOCAL timezone = 'UTC';
SELECT is((SELECT string_agg(DISTINCT forecast_date::text, ',') FROM pipeline_forecast_as_of('2024-01-12 23:30+00') WHERE project_id = 'undated'),
          '2024-01-12', 'as of a moment, a project without a date is dated its day');
SELECT is_empty($$ SELECT FROM pipeline_forecast_as_of('2024-01-10 07:59:59+00') $$, 'as of before history, nothing');
SELECT is_empty('SELECT FROM pipeline_forecast_as_of(NULL)', 'as of no moment, nothing');
SELECT is((SELECT count(*) FROM pipeline_forecast_as_of('2024-01-19 12:00+00') WHERE project_id = 'p'), 0::bigint,
          'a version ends before the moment at which the next begins');

-- Partitions are made on demand, one a month, and named after it.
SELECT is(tableoid::regclass::text, 'pipeline_forecast_snapshot_y2024m01', 'a row of January 2024 lies in its month''s partition')
FROM pipeline_forecast_snapshot WHERE snapshot_date = '2024-01-10' LIMIT 1;
SELECT create_pipeline_forecast_snapshot('2024-02-29') \g /dev/null
SELECT is((SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE oid = 'pipeline_forecast_snapshot_y2024m02'::regclass),
          'FOR VALUES FROM (''2024-02-01'') TO (''2024-03-01'')', 'a partition holds one month');
SELECT is((SELECT array_agg(a.attname::text ORDER BY k.ord)
           FROM pg_constraint c, unnest(c.conkey) WITH ORDINALITY k (attnum, ord), pg_attribute a
           WHERE c.conrelid = 'pipeline_forecast_snapshot_y2024m02'::regclass AND c.contype = 'p'
             AND a.attrelid = c.conrelid AND a.attnum = k.attnum),
          '{snapshot_date,project_id,forecast_month}', 'a partition has the key of the table');
SELECT is((SELECT count(*) FROM pg_index WHERE indrelid = 'pipeline_forecast_snapshot_y2024m02'::regclass), 1::bigint,
          'and no other index');
SELECT is((SELECT count(*) FROM pg_trigger WHERE tgrelid = 'pipeline_forecast_snapshot'::regclass), 0::bigint,
          'the snapshot has no trigger');

-- The present filed under a past day, on request.
INSERT INTO projects (monday_id, item_name, new_enquiry_value, follow_up_date) VALUES ('now', 'P', 10, '2023-06-30');
SELECT is(create_pipeline_forecast_snapshot('2023-05-20', use_current_state => true), 1, 'a day before history from the current state');
SELECT is(pg_temp.day('2023-05-20'), 'now 2023-06-01 5.00 current_state', 'and its rows say so');
SELECT is((SELECT source FROM pipeline_forecast_snapshot_day WHERE snapshot_date = '2023-05-20'), 'current_state', 'and so does the list of days');

-- A day without forecast rows is a day that was taken.
SELECT is(create_pipeline_forecast_snapshot('2022-01-01', true), 0, 'a snapshot may be empty');
SELECT is((SELECT row_count FROM pipeline_forecast_snapshot_day WHERE snapshot_date = '2022-01-01'), 0::bigint, 'and is known all the same');

-- What is refused.
SELECT is(pg_temp.failure('SELECT create_pipeline_forecast_snapshot(NULL)'),
    '22004: target_snapshot_date must not be null; Leave the argument out to take the snapshot of today.', 'no day');
SELECT is(pg_temp.failure('SELECT create_pipeline_forecast_snapshot(''2024-01-09'')'),
    '55000: no history for a forecast snapshot of 2024-01-09; Choose a later day, or pass use_current_state => true to file today''s state under that day.',
    'a day before history begins');
SELECT is(pg_temp.failure(format('SELECT create_pipeline_forecast_snapshot(%L)', pipeline_today() + 1)),
    format('22023: cannot take the forecast snapshot of %s; Name today or a day in the past, from 1900-01-01 on.', pipeline_today() + 1),
    'a day in the future');
SELECT is(pg_temp.failure(format('SELECT create_pipeline_forecast_snapshot(%L, true)', day)),
    format('22023: cannot take the forecast snapshot of %s; Name today or a day in the past, from 1900-01-01 on.', day), 'no real day: ' || day)
FROM unnest(ARRAY['infinity', '1899-12-31', '5874897-12-31']) AS day;

-- A moment as text means another one where the session's abbreviations are ambiguous: IST is India's and Israel's.
INSERT INTO projects (monday_id, item_name, pipeline_stage, new_enquiry_value, follow_up_date)
VALUES ('eastern', 'P', 'Check with IS', 100, pipeline_forecast_month(pipeline_today()) + 70);
UPDATE project_history SET valid_from = pipeline_today() - 30, valid_to = pipeline_today() + interval '1 hour' WHERE project_id = 'eastern';
INSERT INTO project_history (project_id, valid_from, project_uuid, item_name, pipeline_stage, new_enquiry_value, follow_up_date, state)
SELECT project_id, valid_to, project_uuid, item_name, pipeline_stage, 999, follow_up_date, state FROM project_history WHERE project_id = 'eastern';
SET LOCAL datestyle = 'SQL, DMY';
SET LOCAL timezone = 'Asia/Kolkata';
SELECT create_pipeline_forecast_snapshot(pipeline_today() - 1) \g /dev/null
RESET datestyle;
RESET timezone;
SELECT is((SELECT contract_value FROM pipeline_forecast_snapshot WHERE project_id = 'eastern' AND snapshot_date = pipeline_today() - 1), 100.00,
          'a snapshot of yesterday holds nothing of today');

SELECT * FROM finish();
ROLLBACK;
