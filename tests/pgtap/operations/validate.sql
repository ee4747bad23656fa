-- Validation: good data passes every check, and each kind of damage is found by its check.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(51);

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
        'objects_are_in_place', 'stage_bucket_known', 'stage_bucket_follows_rule', 'contract_value_follows_fallback', 'probability_within_0_and_1',
        'project_values_in_order', 'monthly_values_in_order', 'monthly_rows_within_12_months', 'monthly_sums_equal_projects',
        'latest_snapshot_is_fresh', 'snapshot_without_duplicates', 'snapshot_rows_as_recorded', 'snapshot_values_in_order',
        'snapshot_buckets_known', 'history_without_gaps_or_overlaps', 'history_is_current', 'nothing_from_the_future',
        'analyses_have_projects', 'analysis_digest_is_current', 'project_dimension_is_current',
        'notice_stages_without_rule', 'notice_row_policies']) name $$,
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
ALTER TABLE projects ENABLE TRIGGER USER;
SELECT is(pg_temp.failed(),
    'analysis_digest_is_current: pipeline_setup() adds what is missing; history_is_current: undated; stage_bucket_follows_rule: undated',
    'a project without a rule');
ROLLBACK TO good;
ALTER TABLE projects DISABLE TRIGGER USER;
UPDATE projects SET stage_rule = 'Lost', stage_bucket = 'Lost' WHERE monday_id = 'undated';
ALTER TABLE projects ENABLE TRIGGER USER;
SELECT is(pg_temp.failed(),
    'analysis_digest_is_current: pipeline_setup() adds what is missing; history_is_current: undated; '
    'project_dimension_is_current: undated; stage_bucket_follows_rule: undated',
    'a project under the wrong rule');
ROLLBACK TO good;

ALTER TABLE projects DROP CONSTRAINT projects_stage_bucket_known;
ALTER TABLE projects DISABLE TRIGGER USER;
UPDATE projects SET stage_bucket = 'Bogus' WHERE monday_id = 'undated';
ALTER TABLE projects ENABLE TRIGGER USER;
SELECT matches(pg_temp.failed(), 'stage_bucket_follows_rule: undated; stage_bucket_known: undated', 'a bucket that there is not');
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
DELETE FROM pipeline_forecast_snapshot;
DELETE FROM pipeline_forecast_snapshot_day;
SELECT create_pipeline_forecast_snapshot(pipeline_today() - 2, true), create_pipeline_forecast_snapshot(pipeline_today() - 1, true) \g /dev/null
SELECT is(pg_temp.failed(), 'none', 'a snapshot of yesterday is fresh');
DELETE FROM pipeline_forecast_snapshot WHERE snapshot_date = pipeline_today() - 1;
DELETE FROM pipeline_forecast_snapshot_day WHERE snapshot_date = pipeline_today() - 1;
SELECT is(pg_temp.failed(), format('latest_snapshot_is_fresh: latest snapshot is of %s', pipeline_today() - 2), 'one of the day before is not');
DELETE FROM pipeline_forecast_snapshot_day;
SELECT is(pg_temp.failed(), 'latest_snapshot_is_fresh: there is no snapshot', 'nor is none at all');
ROLLBACK TO good;
INSERT INTO pipeline_forecast_snapshot (snapshot_date, project_id, forecast_month, stage_bucket, contract_value, probability,
    committed_value, expected_value, best_case_value, worst_case_value)
SELECT snapshot_date, project_id, pg_temp.month(11), stage_bucket, 0, 0, 0, 0, 0, 0 FROM pipeline_forecast_snapshot WHERE project_id = 'won';
SELECT is(pg_temp.failed(), format('snapshot_rows_as_recorded: %1$s has 6 rows of 5; snapshot_without_duplicates: %1$s won', pipeline_today()),
          'a project that stands twice in one snapshot');
ROLLBACK TO good;
DELETE FROM pipeline_forecast_snapshot WHERE project_id IN ('open', 'won');
SELECT is(pg_temp.failed(), format('snapshot_rows_as_recorded: %s has 3 rows of 5', pipeline_today()), 'half of a snapshot that is gone');
ROLLBACK TO good;
UPDATE pipeline_forecast_snapshot_day SET row_count = 40;
SELECT is(pg_temp.failed(), format('snapshot_rows_as_recorded: %s has 5 rows of 40', pipeline_today()), 'a count of rows that is wrong');
ROLLBACK TO good;
UPDATE pipeline_forecast_snapshot SET worst_case_value = expected_value + 0.01 WHERE project_id = 'open';
SELECT is(pg_temp.failed(), format('snapshot_values_in_order: %s open', pipeline_today()), 'a worst case above what is expected');
ROLLBACK TO good;
UPDATE pipeline_forecast_snapshot SET best_case_value = expected_value - 0.01 WHERE project_id = 'won';
SELECT is(pg_temp.failed(), format('snapshot_values_in_order: %s won', pipeline_today()), 'a best case below it');
ROLLBACK TO good;
UPDATE pipeline_forecast_snapshot SET stage_bucket = 'Bogus' WHERE project_id = 'lost';
SELECT is(pg_temp.failed(), format('snapshot_buckets_known: %s lost', pipeline_today()), 'a bucket that there is not');
ROLLBACK TO good;
SELECT snapshot_partition(pipeline_today() + 1) \g /dev/null
UPDATE pipeline_forecast_snapshot SET snapshot_date = pipeline_today() + 1;
UPDATE pipeline_forecast_snapshot_day SET snapshot_date = pipeline_today() + 1;
SELECT matches(pg_temp.failed(), format('^nothing_from_the_future: (snapshot of %1$s, rows of a snapshot of %1$s|rows of a snapshot of %1$s, snapshot of %1$s)$', pipeline_today() + 1), 'a snapshot of tomorrow');
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
ALTER TABLE projects ENABLE TRIGGER USER;
SELECT is(pg_temp.failed(), 'analysis_digest_is_current: pipeline_setup() adds what is missing; history_is_current: open',
          'a change that neither history nor digest knows');
ROLLBACK TO good;

UPDATE project_history SET valid_from = now() + interval '1 day' WHERE project_id = 'won';
SELECT matches(pg_temp.failed(), 'nothing_from_the_future: project won', 'a version from tomorrow');
ROLLBACK TO good;
UPDATE analysis_history SET valid_from = now() + interval '1 day' WHERE project_id = 'open';
SELECT matches(pg_temp.failed(), 'nothing_from_the_future: analysis of open', 'an analysis from tomorrow');
ROLLBACK TO good;
ALTER TABLE analysis_results DISABLE TRIGGER USER;
INSERT INTO analysis_results (project_id) VALUES ('nobody');
UPDATE analysis_results SET rating_score = 5 WHERE project_id = 'open';
ALTER TABLE analysis_results ENABLE TRIGGER USER;
SELECT matches(pg_temp.failed(), 'analyses_have_projects: nobody; history_is_current: analysis of', 'an analysis of nothing, and one that history does not know');
SELECT is((SELECT violations FROM validate_pipeline_forecast() WHERE check_name = 'history_is_current'), 2::bigint, 'each of them');
ROLLBACK TO good;

-- Stage rules.
UPDATE pipeline_stage SET default_probability = 0.35 WHERE stage = 'Check with IS';
DELETE FROM pipeline_stage WHERE stage = 'Lost';
INSERT INTO pipeline_stage (stage, stage_bucket, default_probability, outcome) VALUES ('Lost', 'Lost', 0, 'lost');
SAVEPOINT edited;
SELECT unalike(pg_temp.failed(), '%stage %', 'edited rules, and one that was away, are no violation');
UPDATE pipeline_stage_history SET valid_to = valid_to - interval '1 microsecond' WHERE stage = 'Check with IS' AND valid_to IS NOT NULL;
SELECT matches(pg_temp.failed(), 'history_without_gaps_or_overlaps: stage Check with IS', 'a gap in the history of a rule');
ROLLBACK TO edited;
UPDATE pipeline_stage_history SET valid_to = valid_to + interval '1 microsecond' WHERE stage = 'Check with IS' AND valid_to IS NOT NULL;
SELECT matches(pg_temp.failed(), 'history_without_gaps_or_overlaps: stage Check with IS', 'an overlap');
ROLLBACK TO edited;
UPDATE pipeline_stage_history SET valid_to = clock_timestamp() WHERE stage = 'Check with IS' AND valid_to IS NULL;
SELECT matches(pg_temp.failed(), 'history_without_gaps_or_overlaps: stage Check with IS', 'an end that nobody has made');
ROLLBACK TO good;
ALTER TABLE pipeline_stage DISABLE TRIGGER USER;
UPDATE pipeline_stage SET default_probability = 0.2 WHERE stage = 'Open Enquiry';
ALTER TABLE pipeline_stage ENABLE TRIGGER USER;
SELECT is(pg_temp.failed(), 'history_is_current: stage Open Enquiry', 'a rule that was edited behind the back of its history');
ROLLBACK TO good;

-- What pipeline_setup() makes.
ALTER TABLE projects DISABLE TRIGGER projects_history_update;
SELECT is(pg_temp.failed(), 'objects_are_in_place: trigger projects_history_update ON projects is off', 'a trigger that is off');
ALTER TABLE projects ENABLE REPLICA TRIGGER projects_history_update;
SELECT matches(pg_temp.failed(), 'objects_are_in_place', 'or on a replica alone');
ROLLBACK TO good;
DROP TRIGGER projects_dimension_delete ON projects;
DROP VIEW vw_forecast_latest;
SELECT is(pg_temp.failed(), 'objects_are_in_place: trigger projects_dimension_delete ON projects, view pipeline.vw_forecast_latest',
          'a trigger and a view that were dropped');
ROLLBACK TO good;

-- A check that cannot be made is one that is not passed, and the others are made.
UPDATE analysis_digest SET packed = set_byte(packed, 20, 255 - get_byte(packed, 20));
SELECT is(pg_temp.failed(), 'analysis_digest_is_current: could not be checked: a piece of analysis_digest is damaged (SQLSTATE XX001)', 'a damaged digest');
ROLLBACK TO good;
DELETE FROM analysis_digest;
SELECT is(pg_temp.failed(), 'analysis_digest_is_current: pipeline_setup() adds what is missing', 'one that is gone');
ROLLBACK TO good;
UPDATE project_dimension SET account = 'Another' WHERE project_id = 'open';
SELECT is(pg_temp.failed(), 'project_dimension_is_current: open', 'a dimension that says something else');
ROLLBACK TO good;
ALTER TABLE projects ENABLE ROW LEVEL SECURITY;
SELECT is((SELECT format('%s %s: %s', violations, passed, sample) FROM validate_pipeline_forecast() WHERE check_name = 'notice_row_policies'),
          '0 t: policies on projects do not reach reports: docs/security.md', 'policies that do not do what they seem to do are a notice');
ROLLBACK TO good;

-- A relation is missing.
DROP VIEW vw_pipeline_forecast_monthly_12m_v1;
SELECT throws_ok('SELECT * FROM validate_pipeline_forecast()', '42P01', 'relation "vw_pipeline_forecast_monthly_12m_v1" does not exist',
                 'a missing relation is an error, not a pass');
SELECT pipeline_setup() \g /dev/null
SELECT is(pg_temp.failed(), 'none', 'pipeline_setup() repairs it');

SELECT * FROM finish();
ROLLBACK;
