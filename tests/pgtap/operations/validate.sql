-- Validation: good data passes every check, and each kind of damage is found by its check.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(28);

CREATE FUNCTION pg_temp.month(offset_months integer) RETURNS date LANGUAGE sql STABLE
AS $$ SELECT (pipeline_forecast_month(pipeline_today()) + make_interval(months => offset_months))::date $$;
-- The checks that fail, with what they found.
CREATE FUNCTION pg_temp.failed() RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(format('%s: %s', check_name, sample), '; ' ORDER BY check_name), 'none')
    FROM validate_pipeline_forecast() WHERE NOT passed
$$;

INSERT INTO projects (monday_id, item_name, pipeline_stage, total_order_value, new_enquiry_value, follow_up_date) VALUES
    ('open', 'P', 'Check with IS', NULL, 100, pg_temp.month(1)),
    ('credit', 'P', 'Check with IS', -100, 50, pg_temp.month(2)),
    ('won', 'P', 'Won Via Other Ref', 300, 50, pg_temp.month(3)),
    ('lost', 'P', 'Lost', 300, 50, pg_temp.month(4)),
    ('past', 'P', 'Lost', 300, 50, pg_temp.month(-20)),
    ('undated', 'P', NULL, NULL, NULL, NULL);
INSERT INTO analysis_results (project_id, expected_conversion_rate, conversion_confidence) VALUES ('open', 0.4, 0.6);
DELETE FROM projects WHERE monday_id = 'past';
SELECT refresh_conversion_views() \g /dev/null
SELECT create_pipeline_forecast_snapshot() \g /dev/null

SELECT set_eq('SELECT check_name, violations, passed FROM validate_pipeline_forecast()',
    $$ SELECT name, 0::bigint, true FROM unnest(ARRAY[
        'stage_bucket_known', 'stage_bucket_follows_rule', 'contract_value_follows_fallback', 'probability_within_0_and_1',
        'project_values_in_order', 'monthly_values_in_order', 'monthly_rows_within_12_months', 'monthly_sums_equal_projects',
        'latest_snapshot_is_fresh', 'snapshot_without_duplicates', 'history_without_gaps_or_overlaps',
        'history_is_current', 'analysis_digest_is_current', 'project_dimension_is_current',
        'notice_stages_without_rule']) name $$,
    'good data passes every check');
SELECT is((SELECT count(*) FROM validate_pipeline_forecast() WHERE sample IS NOT NULL), 0::bigint, 'and has nothing to show');
UPDATE projects SET new_enquiry_value = 101 WHERE monday_id = 'open';
SELECT is(pg_temp.failed(), 'none', 'a change after the refresh is no violation');
UPDATE projects SET pipeline_stage = 'Mystery' WHERE monday_id = 'open';
SELECT is((SELECT format('%s %s: %s', violations, passed, sample) FROM validate_pipeline_forecast() WHERE check_name = 'notice_stages_without_rule'),
          '0 t: "Mystery" (1 projects)', 'a stage without a rule is a notice, not a violation');
UPDATE projects SET pipeline_stage = 'Check with IS' WHERE monday_id = 'open';

-- Stage rules that were lost on the way.
SAVEPOINT good;
ALTER TABLE projects DISABLE TRIGGER USER;
UPDATE projects SET stage_rule = 'nowhere' WHERE monday_id = 'undated';
SELECT is(pg_temp.failed(),
    'analysis_digest_is_current: pipeline_setup() adds what is missing; history_is_current: undated; stage_bucket_follows_rule: undated',
    'a project without a rule');
ROLLBACK TO good;
ALTER TABLE projects DISABLE TRIGGER USER;
UPDATE projects SET stage_rule = 'Lost', stage_bucket = 'Lost' WHERE monday_id = 'undated';
SELECT is(pg_temp.failed(),
    'analysis_digest_is_current: pipeline_setup() adds what is missing; history_is_current: undated; '
    'project_dimension_is_current: undated; stage_bucket_follows_rule: undated',
    'a project under the wrong rule');
ROLLBACK TO good;

-- A formula that went wrong.
CREATE OR REPLACE FUNCTION pipeline_contract_value(total_order_value numeric, new_enquiry_value numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE AS 'SELECT new_enquiry_value';
SELECT matches(pg_temp.failed(), '^contract_value_follows_fallback: ', 'a contract value by another rule');
SELECT is((SELECT violations FROM validate_pipeline_forecast() WHERE check_name = 'contract_value_follows_fallback'), 4::bigint,
          'every violation is counted');
ROLLBACK TO good;
CREATE OR REPLACE FUNCTION pipeline_probability(stage_bucket text, expected_conversion_rate numeric, probability_percent numeric,
    default_probability numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT 1.5';
SELECT is((SELECT string_agg(format('%s %s', check_name, violations), '; ') FROM validate_pipeline_forecast() WHERE NOT passed),
          'probability_within_0_and_1 5', 'a probability above 1');
ROLLBACK TO good;
CREATE OR REPLACE FUNCTION pipeline_best_case_probability(stage_bucket text, expected_conversion_rate numeric,
    probability_percent numeric, default_probability numeric, conversion_confidence numeric, default_spread numeric)
    RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT -0.1';
SELECT matches(pg_temp.failed(), '^probability_within_0_and_1: [^;]*$', 'a best case probability below 0');
ROLLBACK TO good;
CREATE OR REPLACE FUNCTION pipeline_worst_case_value(stage_bucket text, total_order_value numeric, new_enquiry_value numeric,
    expected_conversion_rate numeric, probability_percent numeric, default_probability numeric, conversion_confidence numeric,
    default_spread numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT 9999.0';
SELECT matches(pg_temp.failed(), 'project_values_in_order: ', 'a worst case above the expected value');
ROLLBACK TO good;

-- Monthly rows: a materialized view cannot be edited, so a table takes its place.
CREATE TABLE monthly AS SELECT * FROM mv_pipeline_forecast_monthly_12m_v1;
ALTER MATERIALIZED VIEW mv_pipeline_forecast_monthly_12m_v1 RENAME TO renamed;
ALTER TABLE monthly RENAME TO mv_pipeline_forecast_monthly_12m_v1;
SAVEPOINT replaced;
SELECT is(pg_temp.failed(), 'none', 'the copy is as good as the view');
UPDATE mv_pipeline_forecast_monthly_12m_v1 SET best_case_value = expected_value - 1, worst_case_value = worst_case_value - 1
WHERE stage_bucket = 'Committed';
SELECT is(pg_temp.failed(), format('monthly_sums_equal_projects: %1$s Committed; monthly_values_in_order: %1$s Committed', pg_temp.month(3)),
          'a month whose values are out of order');
ROLLBACK TO replaced;
UPDATE mv_pipeline_forecast_monthly_12m_v1 SET contract_value = contract_value + 0.01 WHERE stage_bucket = 'Lost';
SELECT is(pg_temp.failed(), format('monthly_sums_equal_projects: %s Lost', pg_temp.month(4)), 'a month that is off by a cent');
ROLLBACK TO replaced;
DELETE FROM mv_pipeline_forecast_monthly_12m_v1 WHERE stage_bucket = 'Lost';
SELECT is(pg_temp.failed(), format('monthly_sums_equal_projects: %s Lost', pg_temp.month(4)), 'a month that is missing');
ROLLBACK TO replaced;
UPDATE mv_pipeline_forecast_monthly_12m_v1 SET forecast_month = pg_temp.month(12) WHERE stage_bucket = 'Lost';
SELECT matches(pg_temp.failed(), format('^monthly_rows_within_12_months: %s Lost; monthly_sums_equal_projects: [^;]*$', pg_temp.month(12)),
               'a month beyond the window');
ROLLBACK TO replaced;
UPDATE mv_pipeline_forecast_monthly_12m_v1 SET forecast_month = pg_temp.month(-1) WHERE stage_bucket = 'Lost';
SELECT matches(pg_temp.failed(), 'monthly_rows_within_12_months: ' || pg_temp.month(-1), 'a month before the window');
ROLLBACK TO good;

-- Snapshots.
UPDATE pipeline_forecast_snapshot_day SET snapshot_date = pipeline_today() - 1;
SELECT is(pg_temp.failed(), 'none', 'a snapshot of yesterday is fresh');
UPDATE pipeline_forecast_snapshot_day SET snapshot_date = pipeline_today() - 2;
SELECT is(pg_temp.failed(), format('latest_snapshot_is_fresh: latest snapshot is of %s', pipeline_today() - 2), 'one of the day before is not');
DELETE FROM pipeline_forecast_snapshot_day;
SELECT is(pg_temp.failed(), 'latest_snapshot_is_fresh: there is no snapshot', 'nor is none at all');
ROLLBACK TO good;
INSERT INTO pipeline_forecast_snapshot (snapshot_date, project_id, forecast_month, stage_bucket, contract_value, probability,
    committed_value, expected_value, best_case_value, worst_case_value)
SELECT snapshot_date, project_id, pg_temp.month(11), stage_bucket, 0, 0, 0, 0, 0, 0 FROM pipeline_forecast_snapshot WHERE project_id = 'won';
SELECT is(pg_temp.failed(), format('snapshot_without_duplicates: %s won', pipeline_today()), 'a project that stands twice in one snapshot');
ROLLBACK TO good;

-- History.
INSERT INTO project_history (project_id, valid_from, valid_to, project_uuid, item_name, state)
SELECT project_id, valid_from - interval '2 days', valid_from - interval '1 day', project_uuid, item_name, state
FROM project_history WHERE project_id = 'won';
SELECT is(pg_temp.failed(), 'history_without_gaps_or_overlaps: project won', 'a gap in the history of a project');
UPDATE project_history SET valid_to = now() + interval '1 day' WHERE project_id = 'won' AND valid_to IS NOT NULL;
SELECT matches(pg_temp.failed(), 'history_without_gaps_or_overlaps: project won', 'an overlap in the history of a project');
ROLLBACK TO good;
INSERT INTO analysis_history (project_id, valid_from, valid_to, analysis_timestamp, llm_status)
VALUES ('open', '2024-01-01', now() + interval '1 day', now(), 'none');
SELECT matches(pg_temp.failed(), 'history_without_gaps_or_overlaps: analysis of open', 'an overlap in the history of an analysis');
UPDATE analysis_history SET valid_to = '2024-02-01' WHERE project_id = 'open' AND valid_to IS NOT NULL;
SELECT is(pg_temp.failed(), 'none', 'an analysis may be away for a while');
ROLLBACK TO good;
ALTER TABLE projects DISABLE TRIGGER USER;
UPDATE projects SET new_enquiry_value = 5 WHERE monday_id = 'open';
SELECT is(pg_temp.failed(), 'analysis_digest_is_current: pipeline_setup() adds what is missing; history_is_current: open',
          'a change that neither history nor digest knows');
ROLLBACK TO good;

-- A relation is missing.
DROP VIEW vw_pipeline_forecast_monthly_12m_v1;
SELECT throws_ok('SELECT * FROM validate_pipeline_forecast()', '42P01', 'relation "vw_pipeline_forecast_monthly_12m_v1" does not exist',
                 'a missing relation is an error, not a pass');
SELECT pipeline_setup() \g /dev/null
SELECT is(pg_temp.failed(), 'none', 'pipeline_setup() repairs it');

SELECT * FROM finish();
ROLLBACK;
