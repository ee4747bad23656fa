-- The documents that the page is drawn from.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(93);

\ir ../include/failure.sql

-- The values under a key of the elements of an array, as a list.
CREATE FUNCTION pg_temp.list(elements json, key text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(coalesce(e->>key, '-'), ' ' ORDER BY n) FROM json_array_elements(elements) WITH ORDINALITY AS e (e, n)
$$;
CREATE FUNCTION pg_temp.month(ahead integer) RETURNS date LANGUAGE sql AS $$
    SELECT (pipeline_forecast_month(pipeline_today()) + make_interval(months => ahead))::date
$$;
-- A month of the document, by how far it is ahead.
CREATE FUNCTION pg_temp.of_month(document json, ahead integer) RETURNS json LANGUAGE sql AS $$
    SELECT m FROM json_array_elements(document->'months') AS m WHERE m->>'forecast_month' = pg_temp.month(ahead)::text
$$;
CREATE FUNCTION pg_temp.bar(document json, bar text) RETURNS json LANGUAGE sql AS $$
    SELECT b FROM json_array_elements(document->'bars') AS b WHERE b->>'bar' = $2
$$;
CREATE FUNCTION pg_temp.check_of(document json, name text) RETURNS text LANGUAGE sql AS $$
    SELECT (c->>'ready') || ': ' || (c->>'detail') FROM json_array_elements(document->'checks') AS c WHERE c->>'name' = $2
$$;

-- Without any data ---------------------------------------------------------------------------------------------------

SELECT is(json_array_length(forecast_months_document()->'months'), 12, 'nothing there: 12 months');
SELECT is((forecast_months_document()->'totals')::text, json_build_object('project_count', 0, 'contract_value', 0.00, 'committed_value', 0.00,
    'expected_value', 0.00, 'best_case_value', 0.00, 'worst_case_value', 0.00, 'lost_project_count', 0, 'lost_contract_value', 0.00)::text, 'of zeros with two decimals');
SELECT is(forecast_months_document()->>'as_of', NULL, 'that nobody has refreshed');
SELECT is(forecast_months_document()->>'earlier_snapshot_date', NULL, 'with no earlier forecast');
SELECT is(pg_temp.list(forecast_months_document()->'buckets', 'stage_bucket'), 'Committed Open Lost', 'all stage buckets are there');
SELECT is(forecast_filters_document()::jsonb, '{"account": [], "type": [], "category": []}'::jsonb, 'nothing to filter by');
SELECT is(forecast_drift_document()->>'to_snapshot', NULL, 'no snapshot to compare');
SELECT is((forecast_drift_document()->'bars')::text, '[]', 'no bars');
SELECT is(projects_document('a')::text, '{"projects" : [], "total" : 0}', 'nothing to find');
SELECT is(pg_temp.failure($$ SELECT project_document('nobody') $$),
    'P0002: unknown project "nobody"; Name the monday_id of a project that is or was there.', 'an unknown project');
SELECT is(pg_temp.failure('SELECT project_document(NULL)'),
    'P0002: unknown project "NULL"; Name the monday_id of a project that is or was there.', 'no project at all');
SELECT is(pg_temp.check_of(pipeline_status_document(), 'snapshot'), 'true: there is no snapshot', 'the lack of a snapshot is told');
SELECT is(pg_temp.check_of(pipeline_status_document(), 'schedule'), 'true: nothing is scheduled', 'and of a schedule');
SELECT is(pipeline_status_document()::jsonb - 'checked_at' - 'checks',
    '{"queue": [], "flows": [], "boards": [], "notice": null, "failures": [], "schedule": [], "webhooks": []}'::jsonb, 'nothing ran, came in or failed');

-- With data ----------------------------------------------------------------------------------------------------------

INSERT INTO projects (monday_id, item_name, project_name, account, type, category, pipeline_stage, new_enquiry_value, probability_percent, expected_start_date) VALUES
    ('100', 'Roof of the 50% school', '', 'Acme', 'New', 'Education', 'Open Enquiry', 1000.05, 50, pg_temp.month(0)),
    ('101', 'Hall', 'Great_Hall', ' Acme ', 'Old', 'Health', 'Open Enquiry', 2000, 25, pg_temp.month(1)),
    ('102', 'Shed', NULL, 'Bolt', 'New', 'Health', 'Won - Open (Order Received)', 300, NULL, pg_temp.month(1)),
    ('103', 'Barn', NULL, NULL, NULL, '', 'Lost', 70, NULL, pg_temp.month(2)),
    ('104', 'Gone', NULL, 'Acme', 'New', NULL, 'Open Enquiry', 7, 50, pg_temp.month(3)),
    ('200', 'Negative', NULL, 'Cold', NULL, NULL, 'Open Enquiry', -5, 50, pg_temp.month(15));
UPDATE projects SET date_created = pipeline_today() - 10;
UPDATE projects SET state = 'archived' WHERE monday_id = '104';
SELECT refresh_conversion_views(false) \g /dev/null

SELECT isnt(forecast_months_document()->>'as_of', NULL, 'all projects are as of the last refresh');
SELECT is((forecast_months_document()->'totals')::text, json_build_object('project_count', 4, 'contract_value', 3370.05, 'committed_value', 300.00,
    'expected_value', 1300.03, 'best_case_value', 2050.04, 'worst_case_value', 550.01, 'lost_project_count', 1, 'lost_contract_value', 70.00)::text, 'totals tell what is lost');
SELECT is(pg_temp.list(forecast_months_document()->'buckets', 'project_count'), '1 2 1', 'which stands in its bucket');
SELECT is(pg_temp.list(forecast_months_document()->'months', 'expected_value'),
    '500.03 800.00 0.00 0.00 0.00 0.00 0.00 0.00 0.00 0.00 0.00 0.00', 'every month has its sum');
SELECT is(pg_temp.of_month(forecast_months_document(), 0)->>'actual_value', NULL, 'nothing was invoiced');

UPDATE projects SET new_enquiry_value = 4000 WHERE monday_id = '101';
SELECT is(forecast_months_document()->'totals'->>'expected_value', '1300.03', 'until the next refresh it stays');
SELECT is(forecast_months_document('Acme')->'totals'->>'expected_value', '1500.03', 'an account is as of now, blanks around it do not matter');
UPDATE projects SET type = '  New' WHERE monday_id = '100';
UPDATE projects SET account = '  Acme' WHERE monday_id = '101';
SELECT is(forecast_months_document('Acme')->'totals'->>'expected_value', '1500.03', 'nor those before it');
SELECT is(forecast_months_document(type => 'New')->'totals'->>'project_count', '2', 'nor do those of a type');
SELECT is(forecast_months_document('Acm')->'totals'->>'expected_value', '0.00', 'an account that begins so is another one');
SELECT is(forecast_months_document(' Acme', 'New')->'totals'->>'expected_value', '500.03', 'filters narrow each other');
SELECT is(forecast_months_document(category => 'Health')->'totals'->>'project_count', '2', 'by category');
SELECT is(forecast_months_document('nobody')->'totals'->>'expected_value', '0.00', 'of an unknown account there is nothing');
SELECT is(forecast_months_document('', ' ')->'filter'->>'account', NULL, 'blank is no filter');
SELECT is((forecast_months_document('nobody')->'filter')::jsonb, '{"account": "nobody", "type": null, "category": null}'::jsonb, 'the filter is told');
SELECT is(forecast_filters_document()::jsonb, '{"account": ["Acme", "Bolt", "Cold"], "type": ["New", "Old"], "category": ["Education", "Health"]}'::jsonb,
    'what there is to filter by, once each');
SELECT is((forecast_filters_document(1)->'account')::text, '["Acme"]', 'the most frequent first');

INSERT INTO subitems (monday_id, item_name, parent_monday_id, invoice_date, amount_invoiced) VALUES
    ('s1', 'Invoice', '100', pg_temp.month(0), 10.50), ('s2', 'Credit note', '100', pg_temp.month(0), -0.25),
    ('s3', 'Older', '102', pg_temp.month(-2), 99.99), ('s4', 'Too old', '102', pg_temp.month(-9), 5);
SELECT is(forecast_months_document()->'months'->0->>'forecast_month', pg_temp.month(-2)::text, 'months that are over are told from the first invoice on');
SELECT is(pg_temp.list((SELECT json_agg(pg_temp.of_month(forecast_months_document(), n)) FROM generate_series(-2, 1) AS n), 'actual_value'),
    '99.99 0.00 10.25 -', 'credit notes count, a silent month is 0, one ahead is unknown');
SELECT is(pg_temp.of_month(forecast_months_document(), -1)->>'expected_value', NULL, 'a month that is over has no forecast');
SELECT is(pg_temp.of_month(forecast_months_document('Bolt'), 0)->>'actual_value', NULL, 'actuals are filtered as well');

-- Snapshots and what moved -------------------------------------------------------------------------------------------

SELECT create_pipeline_forecast_snapshot() \g /dev/null
SELECT is(forecast_drift_document()->>'from_snapshot', pipeline_today()::text, 'of one snapshot there is its day');
SELECT is((forecast_drift_document()->'bars')::text, '[]', 'but nothing to compare it with');
SELECT create_pipeline_forecast_snapshot((pipeline_today() - interval '1 month')::date, true),
       create_pipeline_forecast_snapshot((pipeline_today() - interval '1 month')::date - 40, true) \g /dev/null
UPDATE pipeline_forecast_snapshot SET expected_value = 600, contract_value = 2400 WHERE snapshot_date < pipeline_today() AND project_id = '101';

SELECT is(forecast_months_document()->>'earlier_snapshot_date', (pipeline_today() - interval '1 month')::date::text, 'the forecast of a month ago is shown');
SELECT is(pg_temp.of_month(forecast_months_document(), 1)->>'earlier_expected_value', '900.00', 'with its values');
SELECT is(pg_temp.of_month(forecast_months_document('Bolt'), 1)->>'earlier_expected_value', '300.00', 'of the chosen projects');
SELECT is(pg_temp.of_month(forecast_months_document(), 11)->>'earlier_expected_value', NULL, 'as far as its 12 months reach');
SELECT is(forecast_drift_document()->>'from_snapshot', (pipeline_today() - interval '1 month')::date::text, 'what moved since a month before the newest snapshot');
SELECT is(forecast_drift_document(pipeline_today() - 1)->>'from_snapshot', (pipeline_today() - interval '1 month')::date::text, 'or since the newest snapshot before a day');
SELECT is(forecast_drift_document('2001-01-01')->>'from_snapshot', ((pipeline_today() - interval '1 month')::date - 40)::text, 'at most since the first');
SELECT is(forecast_drift_document('2999-01-01')->>'from_snapshot', pipeline_today()::text, 'at least since the last');
SELECT results_eq(
    $$ SELECT b->>'bar', (b->>'project_count')::bigint, (b->>'expected_value')::numeric, (b->>'committed_value')::numeric
       FROM json_array_elements(forecast_drift_document()->'bars') AS b $$,
    $$ SELECT bar, project_count, expected_value, committed_value
       FROM forecast_waterfall((pipeline_today() - interval '1 month')::date, pipeline_today()) ORDER BY "position" $$,
    'the bars are those of the waterfall');
SELECT results_eq(
    $$ SELECT b->>'bar', (b->>'expected_value')::numeric FROM json_array_elements(forecast_drift_document(account => 'Acme')->'bars') AS b $$,
    $$ SELECT bar, expected_value FROM forecast_waterfall((pipeline_today() - interval '1 month')::date, pipeline_today(), 'account')
       WHERE segment = 'Acme' ORDER BY "position" $$,
    'of an account, those of its segment');
SELECT is((pg_temp.bar(forecast_drift_document(), 'value_up')->'projects')::jsonb,
    '[{"project_id": "101", "project_name": "Great_Hall", "expected_value": 400.00, "committed_value": 0.00,
      "moved_expected_value": null, "moved_committed_value": null, "invoiced_value": null}]'::jsonb, 'a bar names its projects');

-- One that moved a little, and a committed one, beside six that moved more.
INSERT INTO projects (monday_id, item_name, account, pipeline_stage, new_enquiry_value, expected_start_date)
SELECT 'm' || n, 'Mover ' || n, 'Movers', 'Customer Has Order', 1000 * n, pg_temp.month(1) FROM generate_series(1, 6) AS n
UNION ALL SELECT 'm0', 'Little', 'Movers', 'Won - Open (Order Received)', 10, pg_temp.month(1);
SELECT create_pipeline_forecast_snapshot() \g /dev/null
UPDATE pipeline_forecast_snapshot SET snapshot_date = snapshot_date - 1 WHERE snapshot_date = pipeline_today();
INSERT INTO pipeline_forecast_snapshot_day (snapshot_date, created_at, source, row_count)
SELECT snapshot_date - 1, created_at, source, row_count FROM pipeline_forecast_snapshot_day WHERE snapshot_date = pipeline_today();
UPDATE projects SET new_enquiry_value = new_enquiry_value * 2 WHERE account = 'Movers';
SELECT create_pipeline_forecast_snapshot() \g /dev/null
CREATE TEMP VIEW moved AS SELECT pg_temp.bar(forecast_drift_document(pipeline_today() - 1, 'Movers'), 'value_up') AS bar;
SELECT is((SELECT bar->>'project_count' FROM moved), '7', 'a bar counts the projects that moved');
SELECT is((SELECT bar->>'expected_project_count' FROM moved), '7', 'by expected value');
SELECT is((SELECT bar->>'committed_project_count' FROM moved), '1', 'and by committed value');
SELECT is((pg_temp.bar(forecast_drift_document(pipeline_today() - 1, 'Movers'), side)->>count), '7', side || ' counts all projects of the snapshot: ' || count)
FROM (VALUES ('opening'), ('closing')) AS s (side), (VALUES ('project_count'), ('expected_project_count'), ('committed_project_count')) AS c (count);
SELECT is((SELECT pg_temp.list(bar->'projects', 'project_id') FROM moved), 'm6 m5 m4 m3 m2 m0',
    'it names the five that moved most by expected value, and by committed value');

SELECT configure_pipeline('currency', 'EUR') \g /dev/null
SELECT is(forecast_drift_document()->>'currency', 'EUR', 'the currency is told with the movements');
SELECT is(project_document('101')->>'currency', 'EUR', 'and with a project');
SELECT configure_pipeline('currency', '') \g /dev/null

-- Projects -----------------------------------------------------------------------------------------------------------

SELECT is(pg_temp.list(projects_document('10')->'projects', 'project_id'), '101 100 102 103 104', 'by the beginning of an id, in any state, open and large ones first');
SELECT is(pg_temp.list(projects_document(' 101 ')->'projects', 'project_name'), 'Great_Hall', 'by a whole id');
SELECT is(pg_temp.list(projects_document('great_h')->'projects', 'project_id'), '101', 'by a part of a name, _ is itself');
SELECT is(pg_temp.list(projects_document('50%')->'projects', 'project_id'), '100', 'so is %');
INSERT INTO webhook_events (event_key, event_type, item_id, status) VALUES ('theirs', 'update_column_value', '100', 'processed'), ('echo', 'update_column_value', '100', 'ignored');
SELECT is(pg_temp.list(pipeline_status_document()->'webhooks', 'status'), 'processed', 'echoes of what was written back are not shown');
SELECT is(projects_document(' ')::text, '{"projects" : [], "total" : 0}', 'a blank text finds nothing');
UPDATE projects SET sales_representative = 'R. Ledger' WHERE monday_id = '102';
SELECT is(pg_temp.list(projects_document('ledger')->'projects', 'project_id'), '102', 'by whose it is');
SELECT is(pg_temp.list(projects_document('movers')->'projects', 'project_id'), 'm6 m5 m4 m3 m2 m1 m0', 'by account, the largest first');
SELECT is(pg_temp.list(projects_document('MOVER 3')->'projects', 'project_id'), 'm3', 'in any case');
UPDATE projects SET pipeline_stage = 'Lost' WHERE monday_id = 'm6';
SELECT is(pg_temp.list(projects_document('movers', 3)->'projects', 'project_id'), 'm5 m4 m3', 'open ones come before lost ones');
SELECT is(projects_document('movers', 3)->>'total', '7', 'and how many there are is told');
SELECT is(pg_temp.list(projects_document('m1')->'projects', 'project_id'), 'm1', 'an id stands for itself');
SELECT is((forecast_filters_document(words => ' aCm ')->'account')::text, '["Acme"]', 'values by a part of them, in other letters');
SELECT is((forecast_filters_document(words => '%')->'account')::text, '[]', 'a sign of a pattern is itself');

SELECT analyze_projects() \g /dev/null
SELECT is((SELECT count(*) FROM json_array_elements(project_document('101')->'forecast_steps')), (SELECT count(*) FROM explain_forecast('101')),
    'a project has the steps of its forecast');
SELECT is((SELECT count(*) FROM json_array_elements(project_document('101')->'analysis_steps')), (SELECT count(*) FROM explain_analysis('101')),
    'and those of its analysis');
SELECT is(project_document('104')->>'forecast', NULL, 'an archived one has no forecast');
SELECT is(project_document('104')->'lineage'->>'finding', 'The project is archived and is not forecast.', 'and its lineage says why');
SELECT is(project_document('200')->>'analysis_problem', 'new_enquiry_value of project "200" is negative', 'why there is no analysis is told');

-- Accuracy -----------------------------------------------------------------------------------------------------------

SELECT is((forecast_accuracy_document()::jsonb - 'refreshed_at')::text,
    '{"segment": "total", "horizons": [], "last_month": null, "first_month": null, "segment_value": "(all)"}', 'nothing was forecast long enough ago');
SELECT is(pg_temp.failure($$ SELECT forecast_accuracy_document('a', 'b') $$),
    '22023: accuracy is kept by account or by category, not by both; Name one of the two, or none for all projects.', 'one segment at a time');
SELECT is(pg_temp.failure('SELECT forecast_accuracy_document(months_back => 25)'),
    '22023: months_back must be between 1 and 24, not 25; It is the number of complete months to look at.', 'as far back as it is kept');
SELECT is(pg_temp.failure('SELECT forecast_accuracy_document(months_back => NULL)'),
    '22023: months_back must be between 1 and 24, not NULL; It is the number of complete months to look at.', 'months are known');

-- The last two months: 100 and 300 were invoiced, 150 and 200 had been expected just before; in the first one the month before had 80.
INSERT INTO projects (monday_id, item_name, account) VALUES ('300', 'Judged', 'Judge');
DELETE FROM subitems;
INSERT INTO subitems (monday_id, item_name, parent_monday_id, invoice_date, amount_invoiced) VALUES
    ('j0', 'I', '300', pg_temp.month(-3), 80), ('j1', 'I', '300', pg_temp.month(-2), 100), ('j2', 'I', '300', pg_temp.month(-1), 300);
DELETE FROM pipeline_forecast_snapshot;
DELETE FROM pipeline_forecast_snapshot_day;
SELECT create_pipeline_forecast_snapshot(pg_temp.month(-2) - 1, true), create_pipeline_forecast_snapshot(pg_temp.month(-1) - 1, true) \g /dev/null
DELETE FROM pipeline_forecast_snapshot;
INSERT INTO pipeline_forecast_snapshot (snapshot_date, project_id, forecast_month, stage_bucket, contract_value, probability, committed_value, expected_value, best_case_value, worst_case_value)
VALUES (pg_temp.month(-2) - 1, '300', pg_temp.month(-2), 'Open', 200, 0.75, 0, 150, 200, 90),
       (pg_temp.month(-1) - 1, '300', pg_temp.month(-1), 'Open', 400, 0.5, 0, 200, 250, 150);
REFRESH MATERIALIZED VIEW mv_forecast_accuracy;
CREATE FUNCTION pg_temp.horizon(document json, horizon integer) RETURNS json LANGUAGE sql AS $$
    SELECT h FROM json_array_elements(document->'horizons') AS h WHERE (h->>'horizon')::integer = $2
$$;
SELECT is((forecast_accuracy_document()::jsonb - 'refreshed_at' - 'horizons'), jsonb_build_object('segment', 'total', 'segment_value', '(all)',
    'first_month', pg_temp.month(-2), 'last_month', pg_temp.month(-1)), 'the months that are judged');
SELECT is(pg_temp.horizon(forecast_accuracy_document(), 1)::jsonb - ARRAY['skill', 'skill_against_mean'], jsonb_build_object('horizon', 1, 'month_count', 2, 'actual_value', 400.00, 'expected_value', 350.00,
    'wape', 0.375, 'monthly_wape', 0.375, 'bias', -0.125, 'project_coverage', 0.5, 'month_coverage', 0.5, 'match_rate', 1), 'sums over the months, at horizon 1');
SELECT is(pg_temp.horizon(forecast_accuracy_document(), 1)->>'skill', least(
    pipeline_skill(150, 20 + 200), pipeline_skill(150, 20 + 210))::text, 'against the best naive line');
SELECT is(pg_temp.horizon(forecast_accuracy_document(months_back => 1), 1)->>'month_count', '1', 'or over fewer months');
SELECT is(pg_temp.horizon(forecast_accuracy_document(' Judge '), 1)->>'expected_value', '350.00', 'of an account');
SELECT is(json_array_length(forecast_accuracy_document('nobody')->'horizons'), 0, 'of one that there is not');
SELECT is(json_array_length(forecast_accuracy_document(category => '(none)')->'horizons') > 0, true, 'of a category');

-- Status -------------------------------------------------------------------------------------------------------------

INSERT INTO webhook_events (event_key, event_type, item_id, status, received_at)
SELECT 'k' || n, 'update_column_value', n::text, 'processed', now() - interval '1 hour' FROM generate_series(1, 12) AS n;
INSERT INTO job_queue (job_type, project_id, status, detail, finished_at) VALUES ('push_to_monday', '101', 'failed', 'refused', now());
INSERT INTO refresh_log (view_name, started_at, duration_ms, was_concurrent, outcome, message) VALUES ('conversion_metrics', now() - interval '1 day', 1, true, 'failed', 'out of disk');
INSERT INTO sync_log (sync_type, status, started_at, completed_at, error_message) VALUES ('rehydrate_delta', 'failed', now() - interval '2 days', now() - interval '2 days', 'no answer');
SELECT is(pg_temp.list(pipeline_status_document()->'webhooks', 'item_id'), '12 11 10 9 8 7 6 5 4 3', 'the newest events');
SELECT is(pg_temp.list(pipeline_status_document()->'failures', 'what'), 'job push_to_monday refresh of conversion_metrics sync rehydrate_delta', 'the newest failures, of whatever kind');
INSERT INTO pipeline_job (job_name, schedule, command, installed_at) VALUES ('job', '0 * * * *', 'SELECT 1', now() - interval '2 days');
SELECT is(pg_temp.check_of(pipeline_status_document(), 'schedule'), 'false: job is overdue', 'a job that did not run is told');

SELECT * FROM finish();
ROLLBACK;
