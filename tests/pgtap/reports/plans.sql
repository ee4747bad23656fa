-- What reports of snapshots read, in blocks and not in time, at two sizes: as much as they need, however much else there is.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(7);

CREATE FUNCTION pg_temp.blocks(query text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    -- Once before, for what is read of the catalog.
    EXECUTE query;
    EXECUTE 'EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) ' || query INTO plan;
    RETURN (plan->0->'Plan'->>'Shared Hit Blocks')::bigint + (plan->0->'Plan'->>'Shared Read Blocks')::bigint;
END $$;
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
SELECT pg_temp.blocks(format('SELECT FROM forecast_waterfall(%s)', pg_temp.days())) AS waterfall,
       pg_temp.blocks(format('SELECT FROM forecast_waterfall(%s, ''account'')', pg_temp.days())) AS by_account \gset

-- Days in between are none of it.
SELECT count(create_pipeline_forecast_snapshot(pipeline_today() - n, true)) FROM generate_series(41, 69) AS n \g /dev/null
SELECT cmp_ok(pg_temp.blocks(format('SELECT FROM forecast_waterfall(%s)', pg_temp.days())), '<', (:waterfall * 6 / 5)::bigint, 'a waterfall reads two days, however many lie between them');
SELECT cmp_ok(pg_temp.blocks(format('SELECT FROM forecast_waterfall(%s, ''account'')', pg_temp.days())), '<', (:by_account * 6 / 5)::bigint, 'by account too');
SELECT cmp_ok((SELECT count(*) FROM forecast_waterfall_projects(pipeline_today() - 70, pipeline_today() - 40) WHERE bar = 'pulled_in'), '>=', 50::bigint,
    'where history had to be asked');
SELECT pg_temp.blocks(format('SELECT forecast_drift_document(%L, ''Ours'')', pipeline_today() - 70)) AS ours \gset
SELECT cmp_ok(:ours::bigint, '<', 40 * 40::bigint, 'that of an account reads some blocks for each of its 40 projects');

-- Ten times as many projects, of other accounts.
DELETE FROM pipeline_forecast_snapshot; DELETE FROM pipeline_forecast_snapshot_day; DELETE FROM pipeline_data.snapshot_dimension; DELETE FROM projects; DELETE FROM project_history;
SELECT pg_temp.fill(1, 10000) \g /dev/null
SELECT pg_temp.take(70) \g /dev/null
UPDATE projects SET new_enquiry_value = new_enquiry_value + 1 WHERE right(monday_id, 1) = '3';
UPDATE projects SET follow_up_date = pipeline_today() WHERE follow_up_date > pipeline_today() + 3000;
SELECT pg_temp.take(40) \g /dev/null
SELECT cmp_ok(pg_temp.blocks(format('SELECT FROM forecast_waterfall(%s)', pg_temp.days())), '<', (:waterfall * 13)::bigint, 'a waterfall reads in proportion to its projects');
SELECT cmp_ok(pg_temp.blocks(format('SELECT FROM forecast_waterfall(%s, ''account'')', pg_temp.days())), '<', (:by_account * 13)::bigint, 'by account too');
SELECT cmp_ok(pg_temp.blocks(format('SELECT forecast_drift_document(%L, ''Ours'')', pipeline_today() - 70)), '<', (:ours * 2)::bigint, 'and of an account in proportion to the projects of that account');

SELECT * FROM finish();
ROLLBACK;
