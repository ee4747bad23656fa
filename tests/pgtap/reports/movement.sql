-- How projects move: dates that slip while a project is open, and how long a stage lasts.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(14);

\ir ../include/failure.sql

SELECT is_empty('SELECT FROM forecast_slippage()', 'without history nothing slips');
SELECT is_empty('SELECT FROM stage_velocity()', 'and no stage lasts');
SELECT is(pg_temp.failure($$ SELECT FROM forecast_slippage('2024-05-01', '2024-04-01') $$),
          '22023: from_date 2024-05-01 is after to_date 2024-04-01; Leave an argument out to look at all of history.', 'days in the wrong order are refused');

CREATE FUNCTION pg_temp.version(project text, since timestamptz, until timestamptz, stage text, start date, follow_up date DEFAULT NULL,
                                ordered date DEFAULT NULL, state text DEFAULT 'active', created date DEFAULT '2024-01-01')
RETURNS void LANGUAGE sql AS $$
    INSERT INTO project_history (project_id, valid_from, valid_to, project_uuid, item_name, pipeline_stage, date_created, expected_start_date,
                                 follow_up_date, date_order_received, state)
    VALUES (project, since, until, gen_random_uuid(), project, stage, created, start, follow_up, ordered, state)
$$;
SELECT count(pg_temp.version(project, since::timestamptz, until::timestamptz, stage, start::date, follow_up::date, ordered::date, state)) FROM (VALUES
    -- Pushed twice, pulled in once, then ordered: the order date is no slip.
    ('slips', '2024-01-01 08:00+00', '2024-01-11 08:00+00', 'Open Enquiry', NULL, '2024-06-01', NULL, 'active'),
    ('slips', '2024-01-11 08:00+00', '2024-02-01 08:00+00', 'Open Enquiry', '2024-07-01', '2024-06-01', NULL, 'active'),
    ('slips', '2024-02-01 08:00+00', '2024-03-01 08:00+00', 'Customer Has Order', '2024-08-01', '2024-06-01', NULL, 'active'),
    ('slips', '2024-03-01 08:00+00', '2024-03-11 08:00+00', 'Customer Has Order', '2024-07-22', '2024-06-01', NULL, 'active'),
    ('slips', '2024-03-11 08:00+00', NULL, 'Won Via Other Ref', '2024-07-22', '2024-06-01', '2024-12-01', 'active'),
    -- Corrected within the day, in UTC.
    ('typo', '2024-01-01 00:00+00', '2024-02-01 23:00+00', 'Open Enquiry', '2024-06-01', NULL, NULL, 'active'),
    ('typo', '2024-02-01 23:00+00', '2024-02-01 23:30+00', 'Open Enquiry', '2042-06-01', NULL, NULL, 'active'),
    ('typo', '2024-02-01 23:30+00', NULL, 'Open Enquiry', '2024-06-01', NULL, NULL, 'active'),
    -- Moved when it was lost already, or gone, or not dated before.
    ('lost', '2024-01-01', '2024-02-01', 'Lost', '2024-06-01', NULL, NULL, 'active'),
    ('lost', '2024-02-01', NULL, 'Lost', '2024-09-01', NULL, NULL, 'active'),
    ('gone', '2024-01-01', '2024-02-01', 'Open Enquiry', '2024-06-01', NULL, NULL, 'active'),
    ('gone', '2024-02-01', NULL, 'Open Enquiry', '2024-09-01', NULL, NULL, 'archived'),
    ('dated', '2024-01-01', '2024-02-01', 'Open Enquiry', NULL, NULL, NULL, 'active'),
    ('dated', '2024-02-01', NULL, 'Open Enquiry', '2024-09-01', NULL, NULL, 'active')
) AS t (project, since, until, stage, start, follow_up, ordered, state) \g /dev/null
INSERT INTO projects (monday_id, item_name, account, pipeline_stage) VALUES ('slips', 'Slips', 'Acme', 'Won Via Other Ref');
DELETE FROM project_history WHERE valid_from > '2025-01-01';

SELECT results_eq('SELECT * FROM forecast_slippage()',
    $$ VALUES ('slips', 'Slips', 'Acme', 'Won Via Other Ref', 2, 1, 61, 10, 51, date '2024-06-01', date '2024-07-22', date '2024-03-01') $$,
    'pushes and pulls with their days, up to the order');
SELECT results_eq($$ SELECT push_count, pull_count, net_days, first_date, last_date FROM forecast_slippage('2024-02-01', '2024-02-29') $$,
    $$ VALUES (1, 0, 31, date '2024-07-01', date '2024-08-01') $$, 'of a span of days');
SET LOCAL timezone = 'Pacific/Auckland';
SELECT is((SELECT count(*) FROM forecast_slippage()), 1::bigint, 'days end in UTC, wherever the session is');
SET LOCAL timezone = 'UTC';
-- What a stage meant then decides whether the project was open.
UPDATE pipeline_stage SET stage_bucket = 'Lost' WHERE stage = 'Open Enquiry';
SELECT is((SELECT push_count FROM forecast_slippage()), 2, 'a rule that is edited today does not rewrite the past');
UPDATE pipeline_stage SET stage_bucket = 'Open' WHERE stage = 'Open Enquiry';

-- Stages: 20 days, 1 day, and one that is not over; one whose beginning nobody saw.
DELETE FROM projects;
DELETE FROM project_history;
SELECT count(pg_temp.version(project, since::timestamptz, until::timestamptz, stage, NULL, NULL, NULL, state, created::date)) FROM (VALUES
    ('a', '2024-01-01', '2024-01-05', 'Open Enquiry', 'active', '2024-01-01'),
    ('a', '2024-01-05', '2024-01-21', 'Open Enquiry', 'active', '2024-01-01'),
    ('a', '2024-01-21', '2024-02-21', 'Customer Has Order', 'active', '2024-01-01'),
    ('a', '2024-02-21', NULL, 'Lost', 'active', '2024-01-01'),
    ('b', '2024-03-01', '2024-03-02', 'Open Enquiry', 'active', '2024-03-01'),
    ('b', '2024-03-02', NULL, 'Won Via Other Ref', 'active', '2024-03-01'),
    ('c', '2024-01-01', NULL, 'Open Enquiry', 'active', '2024-01-01'),
    ('old', '2024-01-01', '2024-06-01', 'Open Enquiry', 'active', '2020-01-01'),
    ('old', '2024-06-01', NULL, 'Lost', 'active', '2020-01-01'),
    ('unknown', '2024-01-01', '2024-06-01', 'Open Enquiry', 'active', NULL),
    ('unknown', '2024-06-01', NULL, 'Customer Has Order', 'active', NULL)
) AS t (project, since, until, stage, state, created) \g /dev/null
SELECT results_eq($$ SELECT pipeline_stage, stage_bucket, stay_count, still_there, to_open, to_committed, to_lost, median_days, p90_days, mean_days_when_left FROM stage_velocity()
                     WHERE stage_bucket = 'Open' $$,
    $$ VALUES ('Customer Has Order', 'Open', 2::bigint, 1::bigint, 0::bigint, 0::bigint, 1::bigint, 31.0, NULL::numeric, 31.0),
              ('Open Enquiry', 'Open', 3, 1, 1, 1, 0, 20.0, NULL, 10.5) $$,
    'a stay that is not over counts for as long as it has lasted, one whose beginning nobody saw does not');
SELECT results_eq($$ SELECT stay_count, median_days FROM stage_velocity('2024-03-01') WHERE pipeline_stage = 'Open Enquiry' $$,
    $$ VALUES (1::bigint, 1.0) $$, 'since a day: the stays that began on or after it');
SELECT is((SELECT median_days FROM stage_velocity() WHERE pipeline_stage = 'Lost'), NULL, 'a stage that nobody left has no median');

-- A stage with no row, a stage with no name, projects that leave the board.
SELECT count(pg_temp.version(project, since::timestamptz, until::timestamptz, stage, NULL, NULL, NULL, state)) FROM (VALUES
    ('d', '2024-01-01', '2024-01-11', NULL, 'active'),
    ('d', '2024-01-11', NULL, 'Awaiting survey', 'active'),
    ('e', '2024-01-01', '2024-01-31', NULL, 'active'),
    ('e', '2024-01-31', NULL, NULL, 'deleted')
) AS t (project, since, until, stage, state) \g /dev/null
SELECT results_eq($$ SELECT pipeline_stage, stage_bucket, stay_count, still_there, to_open, median_days FROM stage_velocity() WHERE pipeline_stage IN ('(none)', 'Awaiting survey') $$,
    $$ VALUES ('(none)', 'Open', 2::bigint, 0::bigint, 1::bigint, 10.0), ('Awaiting survey', 'Open', 1, 1, 0, NULL) $$,
    'leaving the board is not leaving the stage');

-- Half of 100 stays end after 10 days; the others, begun lately, are 5 days old. Counted alone, those that ended say 10.
DELETE FROM project_history;
SELECT count(CASE WHEN n <= 50 THEN pg_temp.version('f' || n, now() - interval '40 days', now() - interval '30 days', 'Open Enquiry', NULL, created => (now() - interval '40 days')::date)
                  ELSE pg_temp.version('f' || n, now() - interval '5 days', NULL, 'Open Enquiry', NULL, created => (now() - interval '5 days')::date) END)
FROM generate_series(1, 100) n \g /dev/null
SELECT count(pg_temp.version('f' || n, now() - interval '30 days', NULL, 'Lost', NULL, created => (now() - interval '40 days')::date)) FROM generate_series(1, 50) n \g /dev/null
SELECT results_eq($$ SELECT stay_count, still_there, median_days, p90_days FROM stage_velocity() WHERE pipeline_stage = 'Open Enquiry' $$,
    $$ VALUES (100::bigint, 50::bigint, 10.0, 10.0) $$, 'young stays change nothing of a stage that always ends on its tenth day');
-- Now the others are 20 days old: half of all outlast the tenth day.
UPDATE project_history SET valid_from = now() - interval '20 days', date_created = (now() - interval '20 days')::date WHERE project_id IN (SELECT 'f' || n FROM generate_series(51, 100) n);
SELECT results_eq($$ SELECT median_days, p90_days, mean_days_when_left FROM stage_velocity() WHERE pipeline_stage = 'Open Enquiry' $$,
    $$ VALUES (10.0, NULL::numeric, 10.0) $$, 'old ones make the slow tail unknown, not short');
SELECT is((SELECT count(*) FROM stage_velocity() WHERE stay_count <> still_there + to_open + to_committed + to_lost), 0::bigint, 'every stay goes somewhere or is not over');

SELECT * FROM finish();
ROLLBACK;
