-- Analyses and accounts for reports.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(21);

\ir ../include/failure.sql

-- get_account_performance() ----------------------------------------------------------------------------------------

INSERT INTO projects (monday_id, item_name, account, pipeline_stage, new_enquiry_value, gestation_period, date_created, state) VALUES
    ('won 1', 'P', 'Account 001', 'Won - Closed (Invoiced)', 1000, 10, pipeline_today(), 'active'),
    ('won 2', 'P', 'Account 001', 'Won - Closed (Invoiced)', 2000.01, 25, pipeline_today() - 90, 'active'),
    ('lost', 'P', 'Account 001', 'Lost', NULL, 0, pipeline_today() - 91, 'active'),
    ('open 1', 'P', 'Account 001', 'Open Enquiry', 0, NULL, pipeline_today() - 100, 'active'),
    ('open 2', 'P', 'Account 001', 'Won - Open (Order Received)', 500, 12, (pipeline_today() - interval '2 years')::date, 'active'),
    ('open 3', 'P', 'Account 001', 'A stage without a rule', NULL, NULL, pipeline_today() - 100, 'active'),
    ('open 4', 'P', 'Account 001', NULL, NULL, NULL, pipeline_today() - 100, 'active'),
    ('too old', 'P', 'Account 001', 'Lost', 7777, 7, (pipeline_today() - interval '2 years')::date - 1, 'active'),
    ('undated', 'P', 'Account 001', 'Lost', 7777, 7, NULL, 'active'),
    ('archived', 'P', 'Account 001', 'Lost', 7777, 7, pipeline_today(), 'archived'),
    ('list', 'P', 'Account 001, Account 002', 'Lost', 7777, 7, pipeline_today(), 'active'),
    ('case', 'P', 'ACCOUNT 001', 'Lost', 7777, 7, pipeline_today(), 'active'),
    ('only open', 'P', 'Account 003', 'Open Enquiry', 5, NULL, pipeline_today(), 'active'),
    ('quoted', 'P', E'Account "4''\\ <b>', 'Lost', 5, NULL, pipeline_today(), 'active');
SELECT is(get_account_performance('Account 001'), jsonb_build_object(
    'account', 'Account 001', 'since', (pipeline_today() - interval '2 years')::date, 'total_projects', 7,
    'won', 2, 'lost', 1, 'open', 4, 'win_rate', 0.286, 'closed_win_rate', 0.667,
    'mean_value', 875.00, 'total_value', 3500.01, 'mean_gestation_days', 15.7, 'projects_last_90_days', 2),
    'the active projects of exactly this account within two years');
SELECT is(get_account_performance('Account 001')->>'win_rate', '0.286', 'the win rate has three decimals');
SELECT is(get_account_performance('Account 001')->>'mean_gestation_days', '15.7', 'the mean gestation one');
SELECT is(get_account_performance('Account 003')->>'win_rate', '0.000', 'nothing won of one project is a rate of 0');
SELECT is(get_account_performance('Account 003')->'closed_win_rate', 'null', 'nothing decided is no rate');
SELECT is(get_account_performance('Account 001, Account 002')->>'lost', '1', 'a list of accounts is an account of its own');
SELECT is(get_account_performance(E'Account "4''\\ <b>')->>'lost', '1', 'any text can be an account');
SELECT is(get_account_performance('Nobody'), jsonb_build_object(
    'account', 'Nobody', 'since', (pipeline_today() - interval '2 years')::date, 'total_projects', 0, 'won', 0, 'lost', 0, 'open', 0,
    'win_rate', NULL, 'closed_win_rate', NULL, 'mean_value', NULL, 'total_value', 0.00, 'mean_gestation_days', NULL,
    'projects_last_90_days', 0), 'an account without projects has counts of zero');
SELECT is(pg_temp.failure('SELECT get_account_performance(NULL)'),
    '22004: account must not be null; Give the name of an account as it stands in projects.account.', 'no account is an error');

-- vw_analysis_current ----------------------------------------------------------------------------------------------

UPDATE projects SET project_name = 'Roof' WHERE monday_id = 'won 1';
UPDATE projects SET project_name = '', item_name = 'Item 2' WHERE monday_id = 'won 2';
INSERT INTO analysis_results (
    project_id, expected_gestation_days, gestation_confidence, expected_conversion_rate, conversion_confidence, rating_score,
    reasoning, summary, special_factors, llm_model, llm_status, analysis_timestamp)
VALUES ('won 1', 80, 0.42, 0.25355, 0.66, 57, '{"metrics_used": {"tier": 2, "segment_n": 66}}', 'It looks good.', 'A key account.',
        'model-1', 'ok', now() - interval '36 hours'),
       ('won 2', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'none', now()),
       ('archived', 80, 0.42, 0.25355, 0.66, 57, NULL, NULL, NULL, NULL, 'none', now());
SELECT results_eq(
    $$ SELECT project_id COLLATE "default", project_name, account, pipeline_stage, expected_gestation_days, gestation_confidence,
              expected_conversion_rate, conversion_confidence, rating_score, tier, segment_n, explanation, special_factors, llm_status,
              llm_model, analysed_at, age_days FROM vw_analysis_current WHERE project_id = 'won 1' $$,
    $$ VALUES ('won 1', 'Roof', 'Account 001', 'Won - Closed (Invoiced)', 80, 0.42, 0.25355, 0.66, 57, 2, 66, 'It looks good.',
               'A key account.', 'ok', 'model-1', timezone('UTC', now() - interval '36 hours'), 1.50) $$,
    'an analysis with its numbers, its segment, its explanation and its age in days');
SELECT results_eq(
    $$ SELECT project_name, rating_score, tier, segment_n, explanation, llm_status, age_days FROM vw_analysis_current WHERE project_id = 'won 2' $$,
    $$ VALUES ('Item 2', NULL::integer, NULL::integer, NULL::integer, NULL::text, 'none', 0.00) $$,
    'what is unknown is NULL, and an item without a name of its own keeps that of the item');
SELECT set_eq('SELECT project_id FROM vw_analysis_current', ARRAY['won 1', 'won 2'], 'active projects with an analysis alone');
SELECT is_empty(
    $$ SELECT a.attname FROM pg_attribute a
       WHERE a.attrelid = 'vw_analysis_current'::regclass AND a.attnum > 0
         AND a.atttypid NOT IN ('text'::regtype, 'integer'::regtype, 'numeric'::regtype, 'timestamp'::regtype) $$,
    'all columns are of types that every BI tool reads');
SELECT is_empty(
    $$ SELECT c.relname FROM pg_class c
       WHERE c.oid IN ('vw_analysis_current'::regclass, 'push_content'::regclass) AND obj_description(c.oid, 'pg_class') IS NULL $$,
    'the views say what they are');
SELECT is_empty(
    $$ SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e'
       JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'pipeline_forecast'
       WHERE (p.proname LIKE '%llm%' OR p.proname LIKE 'monday%' OR p.proname = 'get_account_performance')
         AND obj_description(p.oid, 'pg_proc') IS NULL $$,
    'the functions say what they do');

-- Rights -----------------------------------------------------------------------------------------------------------

SELECT ok(NOT has_schema_privilege('public', 'pipeline', 'USAGE'), 'PUBLIC may not ask about accounts');
CREATE ROLE account_test_poller;
CREATE ROLE account_test_reader;
SELECT grant_pipeline_poller('account_test_poller');
SELECT grant_forecast_reader('account_test_reader');
SET LOCAL ROLE account_test_poller;
CREATE TEMP TABLE as_poller AS
SELECT get_account_performance('Account 001')->>'won' AS won, (SELECT count(*) FROM vw_analysis_current) AS analyses;
SET LOCAL ROLE account_test_reader;
CREATE TEMP TABLE as_reader AS SELECT count(*) AS analyses, max(rating_score) AS rating FROM vw_analysis_current;
RESET ROLE;
SELECT is((SELECT format('%s %s', won, analyses) FROM as_poller), '2 2', 'the role of the poller may ask');
SELECT is((SELECT format('%s %s', analyses, rating) FROM as_reader), '2 57', 'a reader of reports sees the analyses');
SELECT ok(NOT has_table_privilege('account_test_reader', relation, 'SELECT'), 'but not ' || relation)
FROM unnest(ARRAY['hidden_items', 'push_state', 'push_content']) AS relation;

SELECT * FROM finish();
ROLLBACK;
