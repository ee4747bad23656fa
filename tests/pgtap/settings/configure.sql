-- Settings: what there is to set, changes, and what is refused.
\set ON_ERROR_STOP 1
BEGIN;
\ir ../include/failure.sql
SELECT plan(46);

SELECT unschedule_pipeline_jobs() \g /dev/null
SELECT results_eq(
    $$ SELECT * FROM configure_pipeline('{"snapshot_retention_days": 400, "webhook_retention_days": "14"}') $$,
    $$ VALUES ('snapshot_retention_days', '730', '400', 'changed'), ('webhook_retention_days', '30', '14', 'changed') $$,
    'says what changed from what to what');
SELECT is(pipeline_setting('snapshot_retention_days'), '400', 'holds in the transaction that said it');
SELECT results_eq(
    $$ SELECT * FROM configure_pipeline('{"snapshot_retention_days": 400, "webhook_retention_days": 15}') $$,
    $$ VALUES ('snapshot_retention_days', '400', '400', 'unchanged'), ('webhook_retention_days', '14', '15', 'changed') $$,
    'what is the same already stays');
SELECT is_empty($$ SELECT * FROM configure_pipeline('{}') $$, 'nothing asked, nothing done');
SELECT results_eq($$ SELECT value, until IS NULL, set_by FROM setting_value WHERE name = 'webhook_retention_days' ORDER BY since $$,
    $$ VALUES ('14', false, current_user::text COLLATE "default"), ('15', true, current_user::text COLLATE "default") $$, 'previous values stay on record');
SELECT ok((SELECT bool_and(v.until = n.since) FROM setting_value v JOIN setting_value n USING (name) WHERE v.until IS NOT NULL AND n.until IS NULL),
          'each until the next began');
SELECT results_eq($$ SELECT * FROM configure_pipeline('webhook_retention_days', ' +016 ') $$,
    $$ VALUES ('webhook_retention_days', '15', '16', 'changed') $$, 'one setting by name and value, the number in its plain form');
SELECT configure_pipeline('webhook_retention_days', '15') \g /dev/null
SELECT results_eq($$ SELECT * FROM configure_pipeline('log_retention_days', '30') $$,
    $$ VALUES ('log_retention_days', '30', '30', 'unchanged') $$, 'a default that is set is no change');
SELECT results_eq($$ SELECT value, default_value, type, lowest, highest, since IS NOT NULL, set_by FROM pipeline_settings
                     WHERE name IN ('log_retention_days', 'snapshot_retention_days', 'currency') ORDER BY name $$,
    $$ VALUES ('', '', 'text', 0, 20, false, NULL), ('30', '30', 'integer', 1, 36500, true, current_user::text COLLATE "default"),
              ('400', '730', 'integer', 1, 36500, true, current_user::text COLLATE "default") $$, 'the view shows value, default, range, since when and by whom');
SELECT bag_eq('SELECT name, pipeline_setting(name) FROM pipeline_settings', 'SELECT name, value FROM pipeline_settings',
              'pipeline_setting() says what the view says');
SELECT results_eq($$ SELECT * FROM configure_pipeline('model_confidence_minimum', ' 0.20 ') $$,
    $$ VALUES ('model_confidence_minimum', '0.15', '0.2', 'changed') $$, 'a number with decimals, in its plain form');
SELECT is_empty('SELECT FROM setting_definitions() d WHERE checked_setting(d.name, d.default_value) IS DISTINCT FROM d.default_value',
                'every default is an allowed value');
SELECT is_empty($$ SELECT FROM setting_definitions() d WHERE description !~ '\.$' $$, 'every setting is described');
SELECT is(pipeline_setting(NULL), NULL, 'no name, no value');
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

-- What is refused changes nothing.
CREATE TEMP TABLE settings_before AS TABLE setting_value;
SELECT is(pg_temp.failure(format('SELECT configure_pipeline(%s)', arguments)), failure, format('refused: %s', arguments))
FROM (VALUES
    ('NULL', '22004: settings must be a JSON object; For example {"snapshot_retention_days": 365}; SELECT * FROM pipeline.pipeline_settings shows all there are.'),
    ('''[1]''', '22023: settings must be a JSON object; For example {"snapshot_retention_days": 365}; SELECT * FROM pipeline.pipeline_settings shows all there are.'),
    ('''{"snapshot_days": 1}''', '42704: unrecognized setting "snapshot_days"; SELECT * FROM pipeline.pipeline_settings shows all there are.'),
    ('''snapshot_days'', ''1''', '42704: unrecognized setting "snapshot_days"; SELECT * FROM pipeline.pipeline_settings shows all there are.'),
    ('NULL, ''1''', '42704: unrecognized setting ""; SELECT * FROM pipeline.pipeline_settings shows all there are.'),
    ('''{"snapshot_retention_days": 0}''', '22023: setting "snapshot_retention_days" must not be "0"; It is a whole number from 1 to 36500.'),
    ('''snapshot_retention_days'', ''abc''', '22023: setting "snapshot_retention_days" must not be "abc"; It is a whole number from 1 to 36500.'),
    ('''snapshot_retention_days'', ''36501''', '22023: setting "snapshot_retention_days" must not be "36501"; It is a whole number from 1 to 36500.'),
    ('''snapshot_retention_days'', ''12.5''', '22023: setting "snapshot_retention_days" must not be "12.5"; It is a whole number from 1 to 36500.'),
    ('''snapshot_retention_days'', ''99999999999999999999''', '22023: setting "snapshot_retention_days" must not be "99999999999999999999"; It is a whole number from 1 to 36500.'),
    ('''model_confidence_minimum'', ''0,15''', '22023: setting "model_confidence_minimum" must not be "0,15"; It is a number from 0 to 1, with a decimal point.'),
    ('''model_confidence_minimum'', ''1.01''', '22023: setting "model_confidence_minimum" must not be "1.01"; It is a number from 0 to 1, with a decimal point.'),
    ('''model_confidence_minimum'', ''NaN''', '22023: setting "model_confidence_minimum" must not be "NaN"; It is a number from 0 to 1, with a decimal point.'),
    ('''currency'', ''a currency of twenty-odd letters''', '22023: setting "currency" must not be "a currency of twenty-odd letters"; It is a text of one line and at most 20 characters.'),
    ('''currency'', ''E'' || chr(10) || ''UR''', '22023: setting "currency" must not be "E' || chr(10) || 'UR"; It is a text of one line and at most 20 characters.'),
    ('''{"currency": {"name": "EUR"}}''', '22023: setting "currency" must not be an object; A value is a text or a number.'),
    ('''{"snapshot_retention_days": null}''', '22004: setting "snapshot_retention_days" must not be null; Leave it out to keep it as it is; its default is "730".'),
    ('''snapshot_retention_days'', NULL', '22004: setting "snapshot_retention_days" must not be null; Leave it out to keep it as it is; its default is "730".'),
    ('''{"currency": "EUR", "snapshot_days": 1}''', '42704: unrecognized setting "snapshot_days"; SELECT * FROM pipeline.pipeline_settings shows all there are.')
) AS t (arguments, failure);
SELECT set_eq('TABLE setting_value', 'TABLE settings_before', 'and nothing is kept of it');

-- The poller passes on its environment; a reader sees settings and changes none.
CREATE ROLE some_poller;
CREATE ROLE some_reader;
SELECT grant_pipeline_poller('some_poller'), grant_forecast_reader('some_reader') \g /dev/null
SET ROLE some_poller;
SELECT results_eq($$ SELECT setting, value, action FROM configure_pipeline('{"snapshot_cron_hour_utc": 6, "snapshot_retention_days": 99}') $$,
    $$ VALUES ('snapshot_cron_hour_utc', '6', 'changed'), ('snapshot_retention_days', '99', 'changed'),
              ('forecast_snapshot_maintenance', '45 6 * * *', 're-scheduled') $$, 'a poller changes settings, and jobs of the owner follow');
SELECT throws_ok('DELETE FROM setting_value', '42501', NULL, 'and forgets none');
RESET ROLE;
SELECT is((SELECT set_by FROM pipeline_settings WHERE name = 'snapshot_retention_days'), 'some_poller', 'it is known who it was');
SELECT bag_eq($$ SELECT schedule, username::text FROM cron.job WHERE jobname = 'forecast_snapshot_maintenance' $$,
              $$ VALUES ('45 6 * * *', current_user::text COLLATE "default") $$, 'the job stays that of its owner');
UPDATE cron.job SET username = 'some_reader';
SELECT is_empty($$ SELECT FROM configure_pipeline('snapshot_cron_hour_utc', '7') WHERE action = 're-scheduled' $$,
                'a job that another role scheduled is left alone, with a warning');
SET ROLE some_reader;
SELECT is(pipeline_setting('snapshot_retention_days'), '99', 'a reader reads settings');
SELECT throws_ok($$ SELECT configure_pipeline('currency', 'EUR') $$, '42501', NULL, 'and changes none');
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
