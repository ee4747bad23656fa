-- What is in the twelve months and what is not: past due, backlog, and totals that mean the same everywhere.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(23);

CREATE FUNCTION pg_temp.month(offset_months integer) RETURNS date LANGUAGE sql STABLE
AS $$ SELECT (pipeline_forecast_month(pipeline_today()) + make_interval(months => offset_months))::date $$;

INSERT INTO pipeline_stage (stage, stage_bucket, default_probability, default_spread, outcome) VALUES
    ('Angebot', 'Open', 0.4, 0.1, 'open'), ('Auftrag', 'Committed', 1, NULL, 'open'),
    ('Bezahlt', 'Committed', 1, NULL, 'won'), ('Verloren', 'Lost', 0, NULL, 'lost');
INSERT INTO projects (monday_id, item_name, account, pipeline_stage, new_enquiry_value, expected_start_date, date_created) VALUES
    ('first day', 'P', 'Ostwerk', 'Angebot', 1000, pg_temp.month(0), NULL), ('last day', 'P', 'Ostwerk', 'Angebot', 500, pg_temp.month(12) - 1, NULL),
    ('day before', 'P', 'Ostwerk', 'Angebot', 100, pg_temp.month(0) - 1, NULL), ('year before', 'P', 'Nordbau', 'Angebot', 200, pg_temp.month(-12), NULL),
    ('day after', 'P', 'Nordbau', 'Angebot', 4000, pg_temp.month(12), NULL), ('lost after', 'P', 'Nordbau', 'Verloren', 40, pg_temp.month(14), NULL),
    ('undated', 'P', 'Nordbau', 'Angebot', 50, NULL, NULL), ('as of its creation', 'P', 'Nordbau', 'Angebot', 30, NULL, pg_temp.month(-2)),
    ('ordered', 'P', 'Ostwerk', 'Auftrag', 700, pg_temp.month(1), NULL), ('ordered before', 'P', 'Ostwerk', 'Auftrag', 900, pg_temp.month(-3), NULL),
    ('all invoiced', 'P', 'Ostwerk', 'Auftrag', 60, pg_temp.month(-3), NULL), ('closed', 'P', 'Ostwerk', 'Bezahlt', 5000, pg_temp.month(-1), NULL),
    ('lost', 'P', 'Nordbau', 'Verloren', 300, pg_temp.month(2), NULL), ('lost before', 'P', 'Nordbau', 'Verloren', 600, pg_temp.month(-2), NULL);
INSERT INTO projects (monday_id, item_name, pipeline_stage, new_enquiry_value, state) VALUES ('gone', 'P', 'Angebot', 9999, 'deleted');
INSERT INTO subitems (monday_id, item_name, parent_monday_id, invoice_date, amount_invoiced) VALUES
    ('i1', 'S', 'ordered before', pg_temp.month(-2), 400), ('i2', 'S', 'ordered before', pg_temp.month(-1), -50),
    ('i3', 'S', 'all invoiced', pg_temp.month(-1), 60.01);

SELECT set_eq('SELECT project_id, reason, months_overdue, contract_value, expected_value FROM vw_forecast_past_due',
    $$ VALUES ('day before', 'past_month', 1, 100.00, 40.00), ('year before', 'past_month', 12, 200, 80),
              ('as of its creation', 'past_month', 2, 30, 12), ('undated', 'undated', 0, 50, 20) $$,
    'open projects dated in a month that is over, or not at all');
SELECT set_eq('SELECT project_id, is_in_forecast, contract_value, invoiced_value, backlog_value FROM vw_forecast_backlog',
    $$ VALUES ('ordered', true, 700.00, 0.00, 700.00), ('ordered before', false, 900, 350, 550) $$,
    'won orders not fully invoiced, credit notes net');
UPDATE projects SET total_amount_invoiced = 100, last_date_invoiced = pg_temp.month(-1) WHERE monday_id = 'ordered';
SELECT is((SELECT backlog_value FROM vw_forecast_backlog WHERE project_id = 'ordered'), 600.00, 'what is invoiced on the project itself counts');

SELECT refresh_conversion_views(false) \g /dev/null
SELECT is((SELECT array_agg((refresh_view(name, false)).outcome) FROM unnest(ARRAY['mv_forecast_scope', 'mv_forecast_quality']) name), '{refreshed,refreshed}', 'both are refreshed');
SELECT results_eq('SELECT line, is_in_forecast, project_count, contract_value, expected_value, open_value FROM vw_forecast_scope ORDER BY sort_order',
    $$ VALUES ('committed', true, 1::bigint, 700.00, 700.00, NULL::numeric), ('open', true, 3, 1550, 620, NULL), ('lost', true, 1, 300, 0, NULL),
              ('past_due', false, 3, 330, 132, NULL), ('won_before', false, 3, 5960, 5960, NULL), ('lost_before', false, 1, 600, 0, NULL),
              ('later', false, 2, 4040, 1600, NULL), ('backlog', NULL, 2, 1600, 1600, 1150.00), ('undated', NULL, 1, 50, 20, NULL) $$,
    'every active project is in one line');
SELECT is((SELECT sum(project_count) FROM vw_forecast_scope WHERE is_in_forecast IS NOT NULL), (SELECT count(*)::numeric FROM projects WHERE state = 'active'),
          'the lines add up to all');

-- One meaning: projects dated within the twelve months, lost ones included and told apart.
SELECT create_pipeline_forecast_snapshot() \g /dev/null
CREATE TEMP TABLE total AS
SELECT * FROM (
    SELECT 'scope' AS place, sum(project_count) AS projects, sum(contract_value) AS contract, sum(expected_value) AS expected FROM vw_forecast_scope WHERE is_in_forecast
    UNION ALL SELECT 'materialized', sum(project_count), sum(contract_value), sum(expected_value) FROM mv_pipeline_forecast_monthly_12m_v1
    UNION ALL SELECT 'view', sum(project_count), sum(contract_value), sum(expected_value) FROM vw_pipeline_forecast_monthly_12m_v1
    UNION ALL SELECT 'projects', count(*), sum(contract_value), sum(expected_value) FROM vw_pipeline_forecast_project_v1
              WHERE forecast_month >= pg_temp.month(0) AND forecast_month < pg_temp.month(12)
    UNION ALL SELECT 'snapshot', count(*), sum(contract_value), sum(expected_value) FROM vw_forecast_latest
    UNION ALL SELECT 'GET /forecast/pipeline', (d->>'project_count')::numeric, (d->>'contract_value')::numeric, (d->>'expected_value')::numeric
              FROM (SELECT forecast_pipeline_document()->'totals' AS d) r
    UNION ALL SELECT 'page', (d->>'project_count')::numeric, (d->>'contract_value')::numeric, (d->>'expected_value')::numeric
              FROM (SELECT forecast_months_document()->'totals' AS d) r
    UNION ALL SELECT 'page, months', sum((m->>'project_count')::numeric), (SELECT sum((b->>'contract_value')::numeric) FROM json_array_elements(forecast_months_document()->'buckets') b),
                     sum((m->>'expected_value')::numeric)
              FROM json_array_elements(forecast_months_document()->'months') m
    UNION ALL SELECT 'page, buckets', sum((b->>'project_count')::numeric), sum((b->>'contract_value')::numeric), sum((b->>'expected_value')::numeric)
              FROM json_array_elements(forecast_months_document()->'buckets') b
) t;
SELECT is(format('%s: %s projects, %s, expected %s', place, projects, contract, expected), format('%s: 5 projects, 2550.00, expected 1320.00', place),
          format('the total means the same: %s', place)) FROM total;
SELECT is(format('%s %s', d->>'lost_project_count', d->>'lost_contract_value'), '1 300.00', 'what is lost of it is told')
FROM (SELECT forecast_months_document()->'totals' AS d) t;
SELECT is((forecast_pipeline_document(1)->'scope')::jsonb, (forecast_months_document()->'scope')::jsonb, 'the lines are the same in both documents');

-- Of an account, as of now.
SELECT is((SELECT string_agg(format('%s %s', s->>'line', s->>'project_count'), ', ' ORDER BY n)
           FROM json_array_elements(forecast_months_document('Nordbau')->'scope') WITH ORDINALITY AS l (s, n)),
          'committed 0, open 1, lost 1, past_due 2, won_before 0, lost_before 1, later 2, backlog 0, undated 1', 'the lines of an account');
SELECT is(forecast_months_document('Ostwerk')->'totals'->>'project_count', '3', 'and its totals');

-- The verdict is in both.
SELECT is(forecast_pipeline_document()->'quality'->>'state', (SELECT state FROM vw_forecast_quality_verdict), 'the verdict is that of the view');
SELECT is((forecast_months_document()->'quality')::jsonb, (forecast_pipeline_document()->'quality')::jsonb, 'in both documents');
SELECT is(forecast_months_document()->'quality'->'findings'->>0, (SELECT split_part(detail, E'\n', 1) FROM vw_forecast_quality_verdict), 'with its findings');
CREATE TEMP TABLE version_before AS SELECT forecast_pipeline_version() AS v;
SELECT pg_sleep(0.002) \g /dev/null
SELECT refresh_view('mv_forecast_scope', false) \g /dev/null
SELECT isnt(forecast_pipeline_version(), (SELECT v FROM version_before), 'the document is another one after a refresh of the lines');

SELECT * FROM finish();
ROLLBACK;
