-- Rights: what a reader, a poller and anybody else can see and do.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(113);

INSERT INTO projects (monday_id, item_name, pipeline_stage, new_enquiry_value) VALUES ('p', 'P', 'Open Enquiry', 100);
SELECT refresh_conversion_views(), create_pipeline_forecast_snapshot() \g /dev/null
CREATE ROLE test_reader;
CREATE ROLE test_poller;
CREATE ROLE test_nobody;
SELECT grant_forecast_reader('test_reader') \g /dev/null
SELECT grant_pipeline_poller('test_poller') \g /dev/null

-- The one value a query gives to a role, or the SQLSTATE with which it is refused.
CREATE FUNCTION pg_temp.as_role(role text, query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE format('SET LOCAL ROLE %I', role);
    EXECUTE query INTO answer;
    RESET ROLE;
    RETURN answer;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
-- Relations as a BI tool lists them, those of this test's own tools left out.
CREATE FUNCTION pg_temp.listed(role text) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.as_role(role, $q$ SELECT string_agg(table_name, ' ' ORDER BY table_name COLLATE "C")
        FROM information_schema.tables
        WHERE table_schema LIKE 'pipeline%' AND table_name NOT IN ('tap_funky', 'pg_all_foreign_keys') $q$)
$$;
CREATE FUNCTION pg_temp.keys(role text) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.as_role(role, $q$ SELECT string_agg(k.table_name || '.' || k.column_name, ' ' ORDER BY k.ordinal_position)
        FROM information_schema.table_constraints c JOIN information_schema.key_column_usage k USING (constraint_schema, constraint_name)
        WHERE c.table_schema = 'pipeline' AND c.constraint_type = 'PRIMARY KEY' $q$)
$$;
CREATE FUNCTION pg_temp.readable(role text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT c.oid::regclass::text FROM pg_class c
    WHERE c.relnamespace IN ('pipeline'::regnamespace, 'pipeline_data'::regnamespace) AND c.relkind IN ('r', 'p', 'v', 'm')
      AND c.relname NOT IN ('tap_funky', 'pg_all_foreign_keys')
      AND pg_temp.as_role(role, format('SELECT count(*) FROM %s', c.oid::regclass)) NOT LIKE '42501 %'
$$;

-- The reader: the views for reports and the snapshots.
SELECT set_eq(
    $$ SELECT pg_temp.readable('test_reader') $$,
    $$ SELECT c.oid::regclass::text FROM pg_class c
       WHERE c.relnamespace = 'pipeline'::regnamespace AND c.relkind IN ('v', 'm')
         AND c.relname NOT IN ('pipeline_schedule', 'pipeline_settings', 'queue_health', 'webhook_metrics', 'system_performance', 'project_lineage',
                               'sync_health', 'data_freshness', 'provider_limits', 'tap_funky', 'pg_all_foreign_keys')
       UNION VALUES ('pipeline_forecast_snapshot') $$,
    'a reader reads the views for reports and the snapshots, and no other table, partitions included');
SELECT is(pg_temp.keys('test_reader'),
    'pipeline_forecast_snapshot.snapshot_date pipeline_forecast_snapshot.project_id pipeline_forecast_snapshot.forecast_month',
    'a reader sees the key of the snapshot');
SELECT is(pg_temp.as_role('test_reader', 'SELECT count(*) FROM ' || name), expected, format('a reader reads %s', name))
FROM (VALUES ('vw_pipeline_forecast_project_v1', '1'), ('vw_pipeline_forecast_monthly_12m_v1', '36'), ('vw_forecast_explanation_v1', '12'),
             ('mv_pipeline_forecast_monthly_12m_v1', '1'), ('conversion_metrics', '0'), ('conversion_metrics_recent', '0'),
             ('pipeline_forecast_snapshot', '1'), ('vw_analysis_current', '0'), ('vw_dim_snapshot_date', '1'), ('vw_dim_project', '1'), ('vw_dim_project_of_day', '1'),
             ('vw_forecast_latest', '1'), ('vw_forecast_history', '1'), ('vw_forecast_accuracy', '0'), ('vw_invoices', '0'), ('vw_enquiries_monthly', '0'),
             ('vw_bookings_monthly', '0'), ('vw_revenue_monthly', '0'), ('forecast_backtest()', '0'),
             ('forecast_backtest_recommendations()', '1'), ('vw_forecast_waterfall', '15'), ('vw_forecast_slippage', '0'), ('vw_stage_velocity', '0'),
             ('forecast_waterfall(pipeline_today(), pipeline_today())', '15'),
             ('forecast_waterfall_projects(pipeline_today(), pipeline_today())', '0'), ('forecast_slippage()', '0'), ('stage_velocity()', '0'),
             ('explain_analysis(''p'')', '19'),
             ('explain_forecast(''p'')', '12')) AS t (name, expected);
SELECT is_empty(
    $$ SELECT c.relname FROM pg_class c
       WHERE c.relnamespace IN ('pipeline'::regnamespace, 'pipeline_data'::regnamespace) AND c.relkind IN ('r', 'p', 'v', 'm')
         AND has_table_privilege('test_reader', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE') $$, 'a reader writes nowhere');
SELECT is_empty(
    $$ SELECT p.oid::regprocedure FROM pg_proc p
       WHERE p.pronamespace IN ('pipeline'::regnamespace, 'pipeline_work'::regnamespace, 'pipeline_internal'::regnamespace, 'pipeline_data'::regnamespace)
         AND p.proname NOT IN (SELECT e.proname FROM pg_proc e JOIN pg_depend d ON d.objid = e.oid AND d.deptype = 'e'
                               JOIN pg_extension x ON x.oid = d.refobjid AND x.extname = 'pgtap')
         AND p.provolatile = 'v' AND has_function_privilege('test_reader', p.oid, 'EXECUTE') $$, 'a reader executes nothing that writes');
SELECT is(pg_temp.as_role('test_reader', 'SELECT create_pipeline_forecast_snapshot()'),
          '42501 permission denied for function create_pipeline_forecast_snapshot', 'a reader takes no snapshot');
SELECT is(pg_temp.as_role('test_reader', 'SELECT count(*) FROM pipeline_checks()'), '42501 permission denied for schema pipeline_work',
          'the checks are for operators, and a reader is told so');
SELECT is(pg_temp.as_role('test_reader', 'SELECT count(*) FROM forecast_backtest(replay => true)'),
          '42501 permission denied to replay history', 'history is not for readers to replay');
SELECT matches(pg_temp.as_role('test_reader', 'SELECT forecast_backtest_report()'), '^# Forecast backtest', 'a reader gets the report of the backtest');
SELECT matches(pg_temp.as_role('test_reader', 'SELECT count(*) FROM ' || call), '^42501 permission denied', 'nor reads tables by a function: ' || call)
FROM unnest(ARRAY['pipeline_forecast_as_of(now())', 'history_begins()', 'pipeline_data.analysis_input_as_of(now())']) call;
SELECT create_pipeline_forecast_snapshot('2020-01-01', true) \g /dev/null
SELECT unalike(pg_temp.listed('test_reader'), '%pipeline\_forecast\_snapshot\_y%', 'new partitions stay out of the list');
SELECT lives_ok($$ SELECT grant_forecast_reader('test_reader') $$, 'granting again is no error');

-- The poller.
SELECT is(pg_temp.as_role('test_poller', $$ INSERT INTO projects AS p (monday_id, item_name, pipeline_stage, new_enquiry_value)
    VALUES ('p', 'P', 'Lost', 200), ('q', 'Q', 'Open Enquiry', 1)
    ON CONFLICT (monday_id) DO UPDATE SET (pipeline_stage, new_enquiry_value) = (excluded.pipeline_stage, excluded.new_enquiry_value)
    RETURNING p.monday_id $$), 'p', 'a poller upserts projects');
SELECT is((SELECT string_agg(format('%s %s', project_id, new_enquiry_value), ', ' ORDER BY project_id, valid_from) FROM project_history),
          'p 100.00, p 200.00, q 1.00', 'with their history');
SELECT is((SELECT stage_rule FROM projects WHERE monday_id = 'p'), 'Lost', 'and under their stage rules');
SELECT is(pg_temp.as_role('test_poller', $$ INSERT INTO analysis_results (project_id, expected_conversion_rate) VALUES ('q', 0.5) RETURNING project_id $$),
          'q', 'a poller writes analyses');
SELECT is(pg_temp.as_role('test_poller', $$ DELETE FROM projects WHERE monday_id = 'q' RETURNING monday_id $$), 'q', 'a poller removes projects');
SELECT is((SELECT count(*) FROM analysis_history WHERE project_id = 'q' AND valid_to IS NOT NULL), 1::bigint, 'with their analyses, and history says so');
CREATE TABLE staging (id text);
INSERT INTO staging VALUES ('i');
GRANT SELECT ON staging TO test_poller;
SELECT is(pg_temp.as_role('test_poller', $$ SELECT inserted FROM import_projects('staging', '{"fields": {"project_id": "id"}}') $$), '1', 'a poller imports');
SELECT is(pg_temp.as_role('test_poller', $$ SELECT string_agg(action, ' ') FROM import_monday_boards('{"boards": [{"board_id": "1", "role": "parent", "name": "P", "columns": []},
    {"board_id": "2", "role": "subitem", "name": "S", "parent_board_id": "1", "columns": []}, {"board_id": "3", "role": "hidden", "name": "H", "parent_board_id": "1", "columns": []}]}') $$),
    'created created created', 'a poller imports boards');
SELECT is(pg_temp.as_role('test_poller', $$ SELECT sum(created) FROM unnest(ARRAY['3', '2', '1']) board,
    ingest_monday_items(board, jsonb_build_array(jsonb_build_object('id', board || '1', 'name', 'X', 'parent_item', CASE board WHEN '2' THEN '{"id": "11"}'::jsonb END))) $$), '3', 'a poller takes items');
SELECT is(pg_temp.as_role('test_poller', $$ SELECT count(*) FROM begin_sync_run('reconcile') run, record_monday_scan(run, '1', '[]'), complete_monday_scan(run, '1'), end_sync_run(run) $$), '1', 'a poller scans');
SELECT is(pg_temp.as_role('test_poller', $$ SELECT soft_delete_monday_items('3', '{31}') + (SELECT subitems FROM derive_pipeline_values()) $$), '1', 'a poller deletes and derives');
SELECT is(pg_temp.as_role('test_poller', $$ SELECT pushes FROM analyze_and_enqueue_pushes('{11}') $$), '1', 'a poller analyses and enqueues');
SELECT is(pg_temp.as_role('test_poller', 'SELECT count(*) > 10 FROM validate_pipeline_forecast()'), 'true', 'a poller validates');
SELECT is(pg_temp.as_role('test_poller', 'SELECT count(*) FROM explain_forecast(''i'')'), '12', 'a poller explains');
SELECT is(pg_temp.as_role('test_poller', 'SELECT count(*) FROM ' || call), expected, 'a poller reports: ' || call)
FROM (VALUES ('forecast_waterfall(pipeline_today(), pipeline_today())', '15'), ('forecast_waterfall_projects(pipeline_today(), pipeline_today())', '0'),
             ('forecast_slippage()', '0'), ('stage_velocity()', '0'), ('forecast_backtest(replay => true)', '0'),
             ('forecast_backtest_recommendations()', '1')) AS t (call, expected);
SELECT unalike(pg_temp.as_role('test_poller', 'SELECT ' || call), '42501%', 'a poller serves the page: ' || call)
FROM (VALUES ('forecast_months_document()'), ('forecast_months_document(''a'')'), ('forecast_filters_document()'), ('forecast_drift_document()'),
             ('forecast_accuracy_document()'), ('projects_document(''p'')'), ('project_document(''p'')'), ('pipeline_status_document()')) AS t (call);
SELECT is(pg_temp.as_role('test_poller', $$ INSERT INTO job_queue (job_type) VALUES ('x') RETURNING status $$), 'queued', 'a poller queues jobs');
SELECT is(pg_temp.as_role('test_poller', $$ WITH run AS (INSERT INTO sync_log (sync_type) VALUES ('x') RETURNING id)
    SELECT id > 0 FROM run $$), 'true', 'a poller records runs');
SELECT matches(pg_temp.as_role('test_poller', statement), '^42501 permission denied', 'a poller is refused: ' || statement)
FROM unnest(ARRAY['UPDATE pipeline_stage SET sort_order = 0', 'DELETE FROM project_history', 'DELETE FROM pipeline_forecast_snapshot',
                  'UPDATE project_history SET new_enquiry_value = 0', 'UPDATE analysis_history SET valid_from = valid_from',
                  'UPDATE pipeline_data.setting_value SET value = ''1''', 'UPDATE pipeline_data.setting_value SET until = now()',
                  'INSERT INTO pipeline_data.setting_value (name, value) VALUES (''snapshot_retention_days'', ''-1'')', 'UPDATE pipeline_forecast_snapshot SET expected_value = 0', 'UPDATE llm_call SET cost = 0', 'DELETE FROM api_key',
                  'UPDATE pipeline_data.pipeline_schema_version SET version = 99']) statement;
SELECT matches(pg_temp.as_role('test_poller', format('SELECT pipeline_data.keep_setting(%L, %L)', name, value)), refusal, 'nor stores it: ' || name)
FROM (VALUES ('snapshot_retention_days', '-1', '^22023 '), ('snapshot_retention', '9', '^42704 ')) AS t (name, value, refusal);
SELECT is_empty($$ SELECT s.partition FROM snapshot_partitions() s WHERE has_table_privilege('test_poller', s.partition, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE') $$,
                'nor does it reach the snapshots by their partitions');
SELECT matches(pg_temp.as_role('test_poller', 'SELECT ' || call), expected, 'a poller runs what its commands run: ' || call)
FROM (VALUES ('create_pipeline_forecast_snapshot()', '^[0-9]+$'), ('inserted FROM run_daily_forecast_snapshot_maintenance()', '^[0-9]+$'),
             ('string_agg(outcome, '' '') FROM refresh_conversion_views()', '^refreshed refreshed refreshed$'),
             ('count(*) FROM pipeline_schedule', '^0$'), ('count(*) FROM pipeline_checks()', '^18$'),
             ('count(*) FROM pipeline_readiness()', '^5$'), ('cleanup_old_pipeline_forecast_snapshots()', '^[0-9]+$'),
             ('catch_up_forecast_snapshots()', '^[0-9]+$')) AS t (call, expected);
-- Ten days of snapshots, nine of them more than a day old.
SELECT create_pipeline_forecast_snapshot(pipeline_today() - n, true) FROM generate_series(2, 10) n \g /dev/null
DELETE FROM snapshot_cleanup;
SELECT matches(pg_temp.as_role('test_poller', 'SELECT cleanup_old_pipeline_forecast_snapshots(1)'),
               '^55000 refused to remove 9 days of forecast snapshots at once', 'a poller that passes a number loses no snapshots by it');
SELECT matches(pg_temp.as_role('test_poller', 'SELECT deleted FROM run_daily_forecast_snapshot_maintenance(retain_days => 1)'), '^0$', 'nor by the daily job');
SELECT matches(pg_temp.as_role('test_poller', 'SELECT cleanup_old_pipeline_forecast_snapshots(1, accept_losses => true)'), '^[1-9][0-9]*$', 'unless it says that they are meant');
SELECT is((SELECT cleaned_by FROM snapshot_cleanup ORDER BY cleaned_at DESC LIMIT 1), 'test_poller', 'which is on record');
SELECT is(pg_temp.as_role('test_poller', 'SELECT ' || call),
          '42501 role "test_poller" may not grant the rights of the pipeline', 'a poller passes nothing on: ' || call)
FROM unnest(ARRAY['grant_forecast_reader(''test_nobody'')', 'grant_pipeline_poller(''test_nobody'')']) call;
SELECT is(pg_temp.as_role('test_poller', 'SELECT grant_pipeline_owner(''test_nobody'')'),
          '42501 only the owner of the extension makes another role the owner of the tables', 'nor makes an owner');
CREATE VIEW pipeline.added_later AS SELECT 1 AS x WHERE false;
SELECT is(pg_temp.as_role('test_reader', 'SELECT count(*) FROM added_later'), '42501 permission denied for view added_later', 'what is new is not granted yet');
SELECT pipeline_setup() \g /dev/null
SELECT is(pg_temp.as_role('test_reader', 'SELECT count(*) FROM added_later'), '0', 'pipeline_setup() repeats the grants of a reader');
SELECT is(pg_temp.as_role('test_poller', 'SELECT count(*) FROM added_later'), '0', 'and of a poller');

-- A team that sees its own projects, by a view of the owner; see docs/security.md.
CREATE SCHEMA team_north;
CREATE VIEW team_north.forecast WITH (security_barrier) AS
SELECT f.* FROM pipeline.vw_pipeline_forecast_project_v1 f JOIN pipeline.projects p ON p.monday_id = f.project_id
WHERE p.sales_representative = 'Team North';
CREATE ROLE test_team;
GRANT USAGE ON SCHEMA team_north TO test_team;
GRANT SELECT ON team_north.forecast TO test_team;
UPDATE projects SET sales_representative = 'Team North' WHERE monday_id = 'p';
SELECT is(pg_temp.as_role('test_team', 'SELECT string_agg(project_id, '' '') FROM team_north.forecast'), 'p', 'a team reads its own projects');
SELECT matches(pg_temp.as_role('test_team', 'SELECT count(*) FROM pipeline.vw_pipeline_forecast_project_v1'), '^42501', 'and no others');

-- Anybody else.
SELECT is(pg_temp.listed('test_nobody'), NULL, 'a role without grants lists no relation');
SELECT is_empty(
    $$ SELECT c.relname FROM pg_class c
       WHERE c.relnamespace IN ('pipeline'::regnamespace, 'pipeline_data'::regnamespace) AND c.relkind IN ('r', 'p', 'v', 'm')
         AND c.relname NOT IN ('tap_funky', 'pg_all_foreign_keys')
         AND has_table_privilege('test_nobody', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER') $$,
    'a role without grants has no right on any');
SELECT is_empty(
    $$ SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e'
       JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'pipeline_forecast'
       WHERE p.provolatile = 'v' AND has_function_privilege('test_nobody', p.oid, 'EXECUTE') $$,
    'and executes nothing that writes');
SELECT is(pg_temp.as_role('test_nobody', 'SELECT count(*) FROM pipeline.' || call), '42501 permission denied for schema pipeline',
          'and finds nothing: ' || call)
FROM unnest(ARRAY['forecast_backtest()', 'pipeline_contract_value(1, 2)', 'projects']) call;

SELECT * FROM finish();
ROLLBACK;
