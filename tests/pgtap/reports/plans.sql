-- What reports of snapshots read, in rows and not in time, at two sizes: as much as they need, however much else there is.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(10);

-- The rows that a query reads of the snapshots, and of what else is known of projects.
CREATE FUNCTION pg_temp.counter() RETURNS bigint LANGUAGE sql AS $$
    SELECT sum(pg_stat_get_xact_tuples_returned(c.oid) + pg_stat_get_xact_tuples_fetched(c.oid))::bigint
    FROM pg_class c
    WHERE c.relispartition AND c.relkind = 'r' AND c.relname LIKE 'pipeline_forecast_snapshot_y%'
       OR c.oid IN ('project_history'::regclass, 'projects'::regclass, 'pipeline_data.snapshot_dimension'::regclass, 'pipeline_data.project_dimension'::regclass)
$$;
\ir ../include/rows_of.sql
CREATE FUNCTION pg_temp.fill(first integer, last integer) RETURNS void LANGUAGE sql AS $$
    INSERT INTO projects (monday_id, item_name, account, new_enquiry_value, probability_percent, follow_up_date)
    SELECT 'p' || n, 'P', CASE WHEN n <= 40 THEN 'Ours' ELSE 'Theirs ' || n % 200 END, n, 50,
           pipeline_today() + CASE n % 20 WHEN 1 THEN 4000 ELSE n % 300 END
    FROM generate_series(first, last) AS n;
$$;
CREATE FUNCTION pg_temp.take(days integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM create_pipeline_forecast_snapshot(pipeline_today() - days, true);
    EXECUTE 'ANALYZE projects, project_history, pipeline_forecast_snapshot, pipeline_data.snapshot_dimension, pipeline_data.project_dimension';
END $$;

-- Two days between which every tenth project changed and every twentieth came from beyond the 12 months.
SELECT pg_temp.fill(1, 1000) \g /dev/null
SELECT pg_temp.take(70) \g /dev/null
UPDATE projects SET new_enquiry_value = new_enquiry_value + 1 WHERE right(monday_id, 1) = '3';
UPDATE projects SET follow_up_date = pipeline_today() WHERE follow_up_date > pipeline_today() + 3000;
SELECT pg_temp.take(40) \g /dev/null
CREATE FUNCTION pg_temp.days() RETURNS text LANGUAGE sql AS $$ SELECT format('%L, %L', pipeline_today() - 70, pipeline_today() - 40) $$;
DELETE FROM pipeline_forecast_snapshot_day WHERE snapshot_date > pipeline_today() - 40;
-- 29 days in between are none of it.
SELECT count(create_pipeline_forecast_snapshot(pipeline_today() - n, true)) FROM generate_series(41, 69) AS n \g /dev/null
ANALYZE pipeline_forecast_snapshot, pipeline_data.snapshot_dimension;
SELECT cmp_ok((SELECT count(*) FROM pipeline_forecast_snapshot), '>', 25000::bigint, 'there are more than 25,000 rows of snapshots');
SELECT cmp_ok(pg_temp.rows_of(format('SELECT FROM forecast_waterfall(%s)', pg_temp.days())), '<', 8000::bigint, 'a waterfall of 1,000 projects reads two days of them');
SELECT cmp_ok(pg_temp.rows_of(format('SELECT FROM forecast_waterfall(%s, ''account'')', pg_temp.days())), '<', 20000::bigint, 'by account, what they were as well');
SELECT cmp_ok((SELECT count(*) FROM forecast_waterfall_projects(pipeline_today() - 70, pipeline_today() - 40) WHERE bar = 'pulled_in'), '>=', 50::bigint,
    'where history had to be asked');
-- The history of one project, and the number of rows of a day: by key, however many rows a day has.
SELECT is((SELECT array_agg(h ORDER BY h.snapshot_date) FROM project_forecast_history('p2') h),
          (SELECT array_agg(h ORDER BY h.snapshot_date) FROM vw_forecast_history h WHERE h.project_id = 'p2'), 'the history of a project is that of the view');
SELECT cmp_ok(pg_temp.rows_of($$ SELECT FROM project_forecast_history('p2') $$), '<', 70::bigint, 'read by a probe of the key for each day');
SELECT is((SELECT total_rows FROM forecast_snapshot_selection(pipeline_today() - 40)),
          (SELECT count(*) FROM pipeline_forecast_snapshot WHERE snapshot_date = pipeline_today() - 40), 'the rows of a day');
SELECT is(pg_temp.rows_of(format('SELECT FROM forecast_snapshot_selection(%L)', pipeline_today() - 40)), 0::bigint, 'are not counted for each page');

-- Ten times as many projects, of other accounts.
DELETE FROM pipeline_forecast_snapshot; DELETE FROM pipeline_forecast_snapshot_day; DELETE FROM pipeline_data.snapshot_dimension; DELETE FROM projects; DELETE FROM project_history;
SELECT pg_temp.fill(1, 10000) \g /dev/null
SELECT pg_temp.take(70) \g /dev/null
UPDATE projects SET new_enquiry_value = new_enquiry_value + 1 WHERE right(monday_id, 1) = '3';
UPDATE projects SET follow_up_date = pipeline_today() WHERE follow_up_date > pipeline_today() + 3000;
SELECT pg_temp.take(40) \g /dev/null
SELECT cmp_ok(pg_temp.rows_of(format('SELECT FROM forecast_waterfall(%s)', pg_temp.days())), '<', 80000::bigint, 'a waterfall of ten times as many projects reads ten times as much');
-- Of so few rows a scan may cost as little as an index.
SET LOCAL enable_seqscan = off;
SELECT cmp_ok(pg_temp.rows_of(format('SELECT forecast_drift_document(%L, ''Ours'')', pipeline_today() - 70)), '<', 1500::bigint,
    'and one of an account what is known of its 40 projects');

SELECT * FROM finish();
ROLLBACK;
