-- Snapshots of an imported past: each day from what was known then, and nothing later.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(19);

\ir ../include/failure.sql

-- Sixty projects of two trades, observed since today, whose log tells how they went through 2025.
CREATE TEMP TABLE life AS
SELECT 'w' || n AS id, CASE WHEN n % 3 = 0 THEN 'Stairs' ELSE 'Roofs' END AS trade, 1000 * n AS amount,
       date '2024-11-05' + (n * 7) % 300 AS opened,
       CASE WHEN n % 2 = 0 THEN date '2024-11-05' + (n * 7) % 300 + 20 + n END AS decided, n % 4 = 0 AS is_won
FROM generate_series(1, 60) AS n;
INSERT INTO projects (monday_id, item_name, type, category, pipeline_stage, new_enquiry_value, date_created, expected_start_date)
SELECT l.id, l.id, 'Build', l.trade,
       CASE WHEN l.decided IS NULL THEN 'Open Enquiry' WHEN l.is_won THEN 'Won - Closed (Invoiced)' ELSE 'Lost' END,
       l.amount, l.opened, l.opened + 200
FROM life l;
SELECT open_history_intake() \g /dev/null
INSERT INTO pg_temp.pipeline_history_intake
    (project_id, valid_from, item_name, type, category, pipeline_stage, new_enquiry_value, date_created, expected_start_date, state)
SELECT l.id, timezone('UTC', l.opened::timestamp), l.id, 'Build', l.trade, 'Open Enquiry', l.amount, l.opened, l.opened + 150, 'active'
FROM life l
UNION ALL
SELECT l.id, timezone('UTC', l.decided::timestamp), l.id, 'Build', l.trade,
       CASE WHEN l.is_won THEN 'Won - Closed (Invoiced)' ELSE 'Lost' END, l.amount, l.opened, l.opened + 200, 'active'
FROM life l WHERE l.decided IS NOT NULL;
SELECT merge_history_intake() \g /dev/null
SELECT configure_pipeline('snapshot_retention_days', '3650') \g /dev/null

-- Which days.
SELECT is(replay_days('2024-12-15', '2025-03-30', 'month end'), '{2024-12-31,2025-01-31,2025-02-28}'::date[], 'the last day of each month');
SELECT is(replay_days('2025-02-27', '2025-03-01', 'day'), '{2025-02-27,2025-02-28,2025-03-01}'::date[], 'or every day');
SELECT is((replay_days('2020-01-01', '2024-11-30', 'day'))[1], (SELECT min(opened) FROM life), 'from where history begins');
SELECT is((SELECT max(day) FROM unnest(replay_days(pipeline_today() - 3, pipeline_today() + 9, 'day')) AS day), pipeline_today() - 1, 'to yesterday');
SELECT is(pg_temp.failure(format('SELECT replay_days(%s)', arguments)), failure, arguments)
FROM (VALUES
    ('NULL, ''2025-01-01'', ''day''', '22004: from_date, to_date and every must not be null; CALL pipeline.replay_forecast_snapshots(''2024-01-01'', ''2025-12-31'', every => ''month end'').'),
    ('''2025-02-01'', ''2025-01-01'', ''day''', '22023: from_date 2025-02-01 is after to_date 2025-01-01; Days from from_date to to_date are replayed, both included: every one, or the last of each month.'),
    ('''2025-02-01'', ''2025-03-01'', ''week''', '22023: every must be "month end" or "day", not "week"; Days from from_date to to_date are replayed, both included: every one, or the last of each month.')
) AS t (arguments, failure);
SELECT configure_pipeline('snapshot_retention_days', '30') \g /dev/null
SELECT matches(pg_temp.failure($$ SELECT replay_days('2025-02-01', '2025-03-01', 'day') $$), '^22023: snapshots before .* would be removed by the next cleanup; Begin later, or keep',
               'what the next cleanup would remove is not replayed');
SELECT configure_pipeline('snapshot_retention_days', '3650') \g /dev/null

-- A year of month ends.
CREATE FUNCTION pg_temp.replay() RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM unnest(replay_days('2024-11-01', '2025-12-31', 'month end')) AS day WHERE replay_day(day)
$$;
CREATE VIEW pg_temp.published AS
SELECT s.snapshot_date, s.project_id, s.forecast_month, s.stage_bucket, s.contract_value, s.probability, s.committed_value,
       s.expected_value, s.best_case_value, s.worst_case_value, s.analysis_timestamp, s.source, s.origin
FROM pipeline_forecast_snapshot s;
CREATE VIEW pg_temp.analysed AS
SELECT h.project_id, h.valid_from, h.expected_gestation_days, h.expected_conversion_rate, h.conversion_confidence, h.rating_score
FROM analysis_history h WHERE h.origin = 'replayed';
SELECT is(pg_temp.replay(), 14::bigint, 'each month end is taken');
SELECT is((SELECT string_agg(DISTINCT source || ' ' || origin, ', ') FROM pg_temp.published), 'history log', 'from history, by what the log said');
SELECT is((SELECT string_agg(DISTINCT format('%s %s', origin, expected_share), ', ') FROM vw_forecast_origin), 'log 1.0000', 'which every day says of its money');
SELECT is(pg_temp.replay(), 0::bigint, 'a second replay finds them there');
SELECT cmp_ok((SELECT count(*) FROM pg_temp.published p WHERE p.stage_bucket = 'Open' AND p.analysis_timestamp = end_of_day(p.snapshot_date)), '>', 100::bigint,
              'open projects are forecast by an analysis of their day');
SELECT is((SELECT count(*) FROM (SELECT valid_to, lead(valid_from) OVER (PARTITION BY project_id ORDER BY valid_from) AS next FROM analysis_history) h
           WHERE h.next IS NOT NULL AND (h.valid_to IS NULL OR h.valid_to > h.next)), 0::bigint, 'analyses never overlap');

-- What happens later changes no day before it.
CREATE TEMP TABLE was_published AS SELECT * FROM pg_temp.published;
CREATE TEMP TABLE was_analysed AS SELECT * FROM pg_temp.analysed;
UPDATE projects SET pipeline_stage = 'Won - Closed (Invoiced)', gestation_period = 40, new_enquiry_value = 77, category = 'Stairs' WHERE pipeline_stage <> 'Lost';
INSERT INTO projects (monday_id, item_name, type, category, pipeline_stage, new_enquiry_value, date_created, gestation_period, total_amount_invoiced, first_date_invoiced)
SELECT 'new' || n, 'N', 'Build', 'Roofs', 'Lost', 5e6, '2024-12-01', 10, 5e6, '2025-02-02' FROM generate_series(1, 50) n;
DELETE FROM projects WHERE monday_id = 'w7';
SELECT analyze_projects() \g /dev/null
UPDATE pipeline_forecast_snapshot_day SET is_outdated = true;
SELECT pg_temp.replay() \g /dev/null
SELECT bag_eq('SELECT * FROM pg_temp.published', 'SELECT * FROM was_published', 'no forecast of a day');
SELECT bag_eq('SELECT * FROM pg_temp.analysed', 'SELECT * FROM was_analysed', 'and no analysis of then');
SELECT open_history_intake() \g /dev/null
INSERT INTO pg_temp.pipeline_history_intake (project_id, valid_from, item_name, type, category, pipeline_stage, new_enquiry_value, state)
VALUES ('w5', '2025-09-10', 'w5', 'Build', 'Roofs', 'Won - Closed (Invoiced)', 9e6, 'active');
SELECT merge_history_intake(is_complete => false) \g /dev/null
SELECT pg_temp.replay() \g /dev/null
SELECT bag_eq($$ SELECT * FROM pg_temp.published WHERE snapshot_date <= '2025-08-31' $$, $$ SELECT * FROM was_published WHERE snapshot_date <= '2025-08-31' $$,
              'a fact that is logged for September changes nothing up to August');
SELECT isnt((SELECT sum(contract_value) FROM pg_temp.published WHERE snapshot_date = '2025-09-30'),
            (SELECT sum(contract_value) FROM was_published WHERE snapshot_date = '2025-09-30'), 'and changes September, which is taken again');

-- A snapshot of its day stays.
UPDATE pipeline_forecast_snapshot_day SET source = 'live', is_outdated = true WHERE snapshot_date = '2025-03-31';
SELECT is(replay_day('2025-03-31'), false, 'what was published on its day is not taken again');

SELECT * FROM finish();
ROLLBACK;
