-- Settings for the whole database, as the poller passes them on from its environment.
\set ON_ERROR_STOP 1
BEGIN;
\ir include/failure.sql
SELECT plan(16);

SELECT unschedule_pipeline_jobs() \g /dev/null
SELECT results_eq(
    $$ SELECT * FROM configure_pipeline('{"snapshot_retention_days": 400, "webhook_retention_days": "14"}') $$,
    $$ VALUES ('snapshot_retention_days', '730', '400', 'changed'), ('webhook_retention_days', '30', '14', 'changed') $$,
    'says what changed from what to what');
SELECT set_eq(
    $$ SELECT c.entry FROM pg_db_role_setting s CROSS JOIN unnest(s.setconfig) AS c (entry)
       WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()) AND s.setrole = 0 $$,
    ARRAY['pipeline_forecast.snapshot_retention_days=400', 'pipeline_forecast.webhook_retention_days=14'],
    'holds for new sessions of the database');
SELECT is(pipeline_setting('snapshot_retention_days'), '400', 'holds in the transaction that said it');
SELECT results_eq(
    $$ SELECT * FROM configure_pipeline('{"snapshot_retention_days": 400, "webhook_retention_days": 15}') $$,
    $$ VALUES ('snapshot_retention_days', '400', '400', 'unchanged'), ('webhook_retention_days', '14', '15', 'changed') $$,
    'what is the same already stays');
SELECT is_empty($$ SELECT * FROM configure_pipeline('{}') $$, 'nothing asked, nothing done');
SELECT is_empty('TABLE pipeline_job', 'jobs that are not installed are not installed by it');

SELECT schedule_pipeline_jobs() \g /dev/null
SELECT results_eq(
    $$ SELECT * FROM configure_pipeline('{"snapshot_cron_hour_utc": 5, "snapshot_cron_minute_utc": 45}') $$,
    $$ VALUES ('snapshot_cron_hour_utc', '3', '5', 'changed'), ('snapshot_cron_minute_utc', '10', '45', 'changed'),
              ('forecast_snapshot_maintenance', NULL, '45 5 * * *', 're-scheduled') $$,
    'installed jobs follow their settings');
SELECT is((SELECT schedule FROM cron.job WHERE jobname = 'forecast_snapshot_maintenance'), '45 5 * * *', 'in pg_cron as well');
SELECT is_empty($$ SELECT * FROM configure_pipeline('{"snapshot_retention_days": 401}') WHERE action = 're-scheduled' $$,
                'a setting without a schedule moves no job');

SELECT is(pg_temp.failure($$ SELECT configure_pipeline(NULL) $$),
          '22004: settings must be a JSON object; For example {"snapshot_retention_days": 365}; SELECT name FROM pg_settings WHERE name LIKE ''pipeline\_forecast.%'' lists them.',
          'NULL is refused');
SELECT throws_ok($$ SELECT configure_pipeline('[1]') $$, '22023', 'settings must be a JSON object', 'an array is refused');
SELECT throws_ok($$ SELECT configure_pipeline('{"snapshot_days": 1}') $$, '42704',
                 'unrecognized setting "pipeline_forecast.snapshot_days"', 'an unknown name is refused');
SELECT throws_ok($$ SELECT configure_pipeline('{"snapshot_retention_days": 0}') $$, '22023', NULL, 'a value out of range is refused');
SELECT throws_ok($$ SELECT configure_pipeline('{"snapshot_retention_days": null}') $$, '22004',
                 'setting "snapshot_retention_days" must not be null', 'NULL as a value is refused');

CREATE ROLE no_owner;
GRANT EXECUTE ON FUNCTION configure_pipeline(jsonb) TO no_owner;
SELECT grant_pipeline_poller('no_owner') \g /dev/null
SET ROLE no_owner;
SELECT throws_ok($$ SELECT configure_pipeline('{"snapshot_retention_days": 99}') $$, '42501', NULL,
                 'only the owner of the database may');
RESET ROLE;

-- Webhook events have a retention of their own.
INSERT INTO webhook_events (event_key, received_at, status) VALUES
    ('old', now() - interval '16 days', 'processed'), ('new', now() - interval '14 days', 'processed'),
    ('waiting', now() - interval '99 days', 'pending');
SELECT purge_webhook_events() \g /dev/null
SELECT set_eq('SELECT event_key FROM webhook_events', ARRAY['new', 'waiting'],
              'events older than webhook_retention_days are removed, pending ones kept');

SELECT finish();
ROLLBACK;
