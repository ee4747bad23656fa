-- What CREATE EXTENSION and pipeline_setup() leave behind: relations, comments, labels, rights.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(28);

SELECT bag_has(
    $$ SELECT c.relname::text, c.relkind::text FROM pg_class c
       WHERE c.relnamespace IN ('pipeline'::regnamespace, 'pipeline_data'::regnamespace) AND c.relkind IN ('r', 'p', 'v', 'm') $$,
    $$ VALUES
        ('pipeline_schema_version', 'r'), ('pipeline_stage', 'r'), ('pipeline_stage_history', 'r'),
        ('projects', 'r'), ('subitems', 'r'), ('hidden_items', 'r'),
        ('analysis_results', 'r'), ('project_history', 'r'), ('analysis_history', 'r'),
        ('pipeline_forecast_snapshot', 'p'), ('pipeline_forecast_snapshot_day', 'r'),
        ('sync_log', 'r'), ('sync_reject', 'r'), ('refresh_log', 'r'), ('webhook_events', 'r'), ('job_queue', 'p'),
        ('llm_call', 'r'), ('push_state', 'r'), ('pipeline_job', 'r'), ('monday_board', 'r'), ('monday_column', 'r'),
        ('forecast_input', 'v'), ('vw_pipeline_forecast_project_v1', 'v'),
        ('vw_forecast_explanation_v1', 'v'), ('vw_pipeline_forecast_monthly_12m_v1', 'v'), ('pipeline_schedule', 'v'),
        ('mv_pipeline_forecast_monthly_12m_v1', 'm'), ('conversion_metrics', 'm'), ('conversion_metrics_recent', 'm')
    $$,
    'extension and setup make the published relations');

SELECT has_function('pipeline', name, format('function %s exists', name))
FROM unnest(ARRAY['pipeline_forecast_as_of', 'pipeline_today']) AS name;

-- Setup is idempotent.
CREATE TEMP TABLE before_second_call AS SELECT * FROM pipeline_schema_version;
CREATE TEMP TABLE catalog_before AS
SELECT oid, relname FROM pg_class WHERE relnamespace IN ('pipeline'::regnamespace, 'pipeline_data'::regnamespace) AND relkind IN ('r', 'p', 'v', 'm', 'i');
CREATE TEMP TABLE stages_before AS SELECT * FROM pipeline_stage;
SELECT is(pipeline_setup(), layout_version(), 'a second pipeline_setup() returns the layout version');
SELECT set_eq('SELECT * FROM pipeline_schema_version', 'SELECT * FROM before_second_call',
              'a second pipeline_setup() runs no step again');
SELECT set_eq(
    $$ SELECT oid, relname FROM pg_class
       WHERE relnamespace IN ('pipeline'::regnamespace, 'pipeline_data'::regnamespace) AND relkind IN ('r', 'p', 'v', 'm', 'i') $$,
    'SELECT oid, relname FROM catalog_before', 'a second pipeline_setup() makes and replaces no relation');
SELECT set_eq('SELECT * FROM pipeline_stage', 'SELECT * FROM stages_before', 'a second pipeline_setup() keeps the stage rules');
SELECT is_empty('SELECT FROM project_history', 'setup of an empty database writes no project history');

SELECT is((SELECT max(version) FROM pipeline_schema_version), layout_version(),
          'the newest recorded step is the layout version');
SELECT is((SELECT array_agg(version ORDER BY version) FROM pipeline_schema_version),
          (SELECT array_agg(n) FROM generate_series(1, layout_version()) AS n), 'steps are recorded one by one');

-- A stage rule that somebody edited survives, and a view that somebody dropped comes back.
UPDATE pipeline_stage SET default_probability = 0.4 WHERE stage = 'Open Enquiry';
DROP VIEW vw_pipeline_forecast_monthly_12m_v1;
SELECT pipeline_setup() \g /dev/null
SELECT is((SELECT default_probability FROM pipeline_stage WHERE stage = 'Open Enquiry'), 0.4,
          'pipeline_setup() keeps an edited stage rule');
SELECT has_view('vw_pipeline_forecast_monthly_12m_v1', 'pipeline_setup() puts a dropped view back');

-- User data is never a member of the extension.
SELECT set_eq(
    $$ SELECT c.relname::text FROM pg_depend d JOIN pg_class c ON c.oid = d.objid
       WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'e' AND c.relkind <> 'c'
         AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pipeline_forecast') $$,
    $$ SELECT NULL::text WHERE false $$, 'no relation belongs to the extension');

-- Comments.
CREATE TEMP VIEW members AS
SELECT p.*, l.lanname
FROM pg_proc p
JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'pipeline_forecast'
JOIN pg_language l ON l.oid = p.prolang;

SELECT cmp_ok((SELECT count(*) FROM members), '>', 60::bigint, 'the extension has functions to look at');
SELECT is_empty(
    $$ SELECT oid::regprocedure FROM members
       WHERE obj_description(oid, 'pg_proc') IS NULL AND NOT starts_with(proname, 'forecast_totals_') $$,
    'every function of the extension has a comment');
SELECT is_empty(
    $$ SELECT oid::regprocedure FROM members
       WHERE starts_with(proname, '_')
          OR pronamespace NOT IN ('pipeline'::regnamespace, 'pipeline_work'::regnamespace, 'pipeline_internal'::regnamespace) $$,
    'what is private says so by its schema');
SELECT is_empty(
    $$ SELECT c.relname FROM pg_class c
       WHERE c.relnamespace IN ('pipeline'::regnamespace, 'pipeline_data'::regnamespace) AND c.relkind IN ('r', 'p', 'v', 'm', 'c') AND NOT c.relispartition
         AND c.relname <> 'forecast_input'
         AND coalesce(obj_description(c.oid, 'pg_class'), obj_description(c.reltype, 'pg_type')) IS NULL
         AND NOT EXISTS (SELECT FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
                         WHERE d.objid IN (c.oid, c.reltype) AND d.deptype = 'e'
                           AND e.extname <> 'pipeline_forecast') $$,
    'every table, view and type has a comment');
SELECT isnt(obj_description('pipeline_forecast_as_of(timestamptz)'::regprocedure, 'pg_proc'), NULL,
            'the function that setup makes has a comment');

-- Labels and pinned search_path.
SELECT is_empty(
    $$ SELECT oid::regprocedure FROM members
       WHERE prokind = 'f' AND lanname <> 'c' AND prosqlbody IS NULL
         AND NOT coalesce(proconfig && ARRAY['search_path=pg_catalog, pipeline, pipeline_work, pipeline_internal, pipeline_data, pg_temp',
                                             'search_path=pg_catalog, pipeline_internal, pg_temp'], false) $$,
    'every function whose body is parsed at run time pins its search_path');
SELECT is_empty(
    $$ SELECT oid::regprocedure FROM members WHERE prokind <> 'p' AND provolatile = 'v' AND proparallel <> 'u' $$,
    'what may write is parallel unsafe');
SELECT is_empty($$ SELECT oid::regprocedure FROM members WHERE provolatile = 'i' AND proparallel <> 's' $$,
                'what only computes is parallel safe');
SELECT is_empty('SELECT oid::regprocedure FROM members WHERE proleakproof OR prosecdef',
                'no function is leakproof or runs with its owner''s rights');
SELECT set_eq(
    $$ SELECT p.oid::regprocedure::text FROM pg_proc p
       WHERE p.pronamespace IN ('pipeline'::regnamespace, 'pipeline_data'::regnamespace) AND p.prosecdef
         AND NOT EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0)
         AND 'search_path=pg_catalog, pipeline, pipeline_work, pipeline_internal, pipeline_data, pg_temp' = ANY (p.proconfig) $$,
    $$ VALUES ('create_pipeline_forecast_snapshot(date,boolean)'), ('cleanup_old_pipeline_forecast_snapshots(integer,boolean)'),
              ('snapshot_partition(date)'), ('refresh_view(text,boolean)'), ('schedule_rows()'),
              ('purge_cron_runs(timestamp with time zone)'), ('forecast_slippage(date,date)'), ('stage_velocity(date)'),
              ('forecast_waterfall(date,date,text)'), ('forecast_waterfall_projects(date,date,text)'),
              ('explain_analysis(text,timestamp with time zone)'), ('reschedule_changed_jobs()'), ('stored_setting(text)'),
              ('model_confidence_minimum(timestamp with time zone)'), ('keep_setting(text,text)'),
              ('keep_project_history()'), ('keep_analysis_history()'), ('open_history_intake()'),
              ('merge_history_intake(text,boolean)'), ('replay_day(date)'), ('remove_expired_outlook()'),
              ('fit_outlook(timestamp with time zone)'), ('explain_outlook(text)'), ('outlook_calibration()'),
              ('outlook_band(date,date,text,text,text,text,text,text,text[],double precision)'),
              ('outlook_probability(date,date,text,text,text,text,text,text,text[],numeric)') $$,
    'what takes the owner of the tables runs with that owner''s rights, a pinned path, and for nobody without a grant');
SELECT is((SELECT count(*) FROM pg_proc p WHERE p.prosecdef
             AND p.pronamespace IN ('pipeline'::regnamespace, 'pipeline_work'::regnamespace, 'pipeline_internal'::regnamespace, 'pipeline_data'::regnamespace)),
          26::bigint, 'and nothing else does');
SELECT is_empty(
    $$ SELECT n.nspname FROM pg_namespace n, aclexplode(n.nspacl) a
       WHERE n.nspname IN ('pipeline', 'pipeline_work', 'pipeline_internal', 'pipeline_data') AND a.grantee = 0 $$,
    'PUBLIC may use none of the schemas');
SELECT is_empty(
    $$ SELECT c.relname FROM pg_class c WHERE c.relnamespace IN ('pipeline_work'::regnamespace, 'pipeline_internal'::regnamespace) AND c.relkind <> 'c' $$,
    'no relation lies in a schema that the extension takes along');

-- Rights.
SELECT is_empty(
    $$ SELECT oid::regprocedure FROM members
       WHERE provolatile = 'v'
         AND (proacl IS NULL OR EXISTS (SELECT FROM aclexplode(proacl) a WHERE a.grantee = 0)) $$,
    'nothing volatile is executable by PUBLIC');
SELECT is_empty(
    $$ SELECT c.relname FROM pg_class c, aclexplode(c.relacl) a
       WHERE c.relnamespace IN ('pipeline'::regnamespace, 'pipeline_data'::regnamespace) AND a.grantee = 0
         AND NOT EXISTS (SELECT FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
                         WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
                           AND e.extname <> 'pipeline_forecast') $$,
    'PUBLIC has no right on any relation');

SELECT * FROM finish();
ROLLBACK;
