-- The waterfall between two snapshots by hand: every kind of event, in exactly one bar, and what is refused.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(32);

\ir ../include/failure.sql

SELECT is(pg_temp.failure(format('SELECT FROM forecast_waterfall(%s)', arguments)), expected, arguments)
FROM (VALUES
    ('''2024-03-01'', ''2024-05-01''', '55000: there is no forecast snapshot on or before 2024-03-01; Take one with create_pipeline_forecast_snapshot(), for past days from history.'),
    ('NULL, ''2024-05-01''', '22004: from_date must not be null; Name a day; the newest snapshot of that day or before is taken.'),
    ('''2024-05-01'', ''2024-03-01''', '22023: from_date 2024-05-01 is after to_date 2024-03-01; A waterfall leads from an earlier snapshot to a later one.'),
    ('''2024-03-01'', ''2024-05-01'', ''weekday''', '22023: cannot split a waterfall by "weekday"; Use stage_bucket, forecast_month, account, type, category, product_type, pipeline_stage or sales_representative, or leave the argument out.')
) AS t (arguments, expected);

-- Between 15 March and 15 May 2024: one project for each thing that can happen.
CREATE FUNCTION pg_temp.version(project text, since date, until date, stage text, value numeric, percent numeric, due date, state text DEFAULT 'active')
RETURNS void LANGUAGE sql AS $$
    INSERT INTO project_history (project_id, valid_from, valid_to, project_uuid, item_name, account, pipeline_stage, new_enquiry_value,
                                 probability_percent, follow_up_date, state)
    VALUES (project, since, until, gen_random_uuid(), project, CASE WHEN project < 'm' THEN 'Acme' END, stage, value, percent, due, state)
$$;
SELECT count(pg_temp.version(project, since::date, until::date, stage, value, percent, due::date, state)) FROM (VALUES
    ('same', '2024-03-01', NULL, 'Open Enquiry', 1000, 50, '2024-08-10', 'active'),
    ('created', '2024-04-01', NULL, 'Open Enquiry', 1000, 40, '2024-08-10', 'active'),
    ('created and gone', '2024-04-01', '2024-04-20', 'Open Enquiry', 1000, 40, '2024-08-10', 'active'),
    ('created and gone', '2024-04-20', NULL, 'Open Enquiry', 1000, 40, '2024-08-10', 'deleted'),
    ('won', '2024-03-01', '2024-04-01', 'Open Enquiry', 1000, 50, '2024-08-10', 'active'),
    ('won', '2024-04-01', NULL, 'Won Via Other Ref', 1000, 50, '2024-08-10', 'active'),
    ('lost', '2024-03-01', '2024-04-01', 'Open Enquiry', 1000, 30, '2024-08-10', 'active'),
    ('lost', '2024-04-01', NULL, 'Lost', 1000, 30, '2024-08-10', 'active'),
    ('up', '2024-03-01', '2024-04-01', 'Open Enquiry', 1000, 50, '2024-08-10', 'active'),
    ('up', '2024-04-01', NULL, 'Open Enquiry', 3000, 50, '2024-08-10', 'active'),
    ('down and likelier', '2024-03-01', '2024-04-01', 'Open Enquiry', 1000, 50, '2024-08-10', 'active'),
    ('down and likelier', '2024-04-01', NULL, 'Open Enquiry', 800, 75, '2024-08-10', 'active'),
    ('unlikelier', '2024-03-01', '2024-04-01', 'Open Enquiry', 1000, 50, '2024-08-10', 'active'),
    ('unlikelier', '2024-04-01', NULL, 'Open Enquiry', 1000, 20, '2024-08-10', 'active'),
    ('there and back', '2024-03-01', '2024-04-01', 'Open Enquiry', 1000, 50, '2024-08-10', 'active'),
    ('there and back', '2024-04-01', '2024-04-20', 'Lost', 5000, 10, '2024-08-10', 'active'),
    ('there and back', '2024-04-20', NULL, 'Open Enquiry', 1000, 50, '2024-08-10', 'active'),
    -- The 12 months end with February 2025, then with April 2025.
    ('reached', '2024-03-01', NULL, 'Open Enquiry', 1000, 10, '2025-03-10', 'active'),
    ('pulled in', '2024-03-01', '2024-04-01', 'Open Enquiry', 1000, 10, '2025-08-10', 'active'),
    ('pulled in', '2024-04-01', NULL, 'Open Enquiry', 1000, 60, '2024-08-10', 'active'),
    ('pushed', '2024-03-01', '2024-04-01', 'Open Enquiry', 1000, 20, '2024-08-10', 'active'),
    ('pushed', '2024-04-01', NULL, 'Open Enquiry', 1500, 20, '2025-08-10', 'active'),
    ('moved', '2024-03-01', '2024-04-01', 'Open Enquiry', 1000, 70, '2024-08-10', 'active'),
    ('moved', '2024-04-01', NULL, 'Open Enquiry', 1000, 70, '2024-10-10', 'active'),
    ('hurried', '2024-03-01', '2024-04-01', 'Open Enquiry', 2000, 10, '2024-12-10', 'active'),
    ('hurried', '2024-04-01', NULL, 'Open Enquiry', 2000, 10, '2024-09-10', 'active'),
    ('over', '2024-03-01', NULL, 'Open Enquiry', 1000, 5, '2024-04-10', 'active'),
    ('won and over', '2024-03-01', '2024-04-01', 'Open Enquiry', 1000, 50, '2024-04-10', 'active'),
    ('won and over', '2024-04-01', NULL, 'Won Via Other Ref', 1000, 50, '2024-04-10', 'active'),
    ('archived', '2024-03-01', '2024-04-01', 'Won Via Other Ref', 1000, 50, '2024-08-10', 'active'),
    ('archived', '2024-04-01', NULL, 'Won Via Other Ref', 1000, 50, '2024-08-10', 'archived'),
    ('never near', '2024-03-01', NULL, 'Open Enquiry', 1000, 50, '2027-08-10', 'active')
) AS t (project, since, until, stage, value, percent, due, state) \g /dev/null
INSERT INTO projects (monday_id, item_name, account)
SELECT DISTINCT project_id, item_name, account FROM project_history WHERE project_id <> 'created and gone';
DELETE FROM project_history WHERE valid_from > '2025-01-01';
SELECT create_pipeline_forecast_snapshot('2024-03-15'), create_pipeline_forecast_snapshot('2024-05-15') \g /dev/null
-- Invoiced while both days lie around it: an invoice of before and one of after are none of it.
INSERT INTO subitems (monday_id, parent_monday_id, item_name, invoice_date, amount_invoiced)
SELECT project || day, project, 'Part', day::date, amount FROM (VALUES
    ('won and over', '2024-02-29', 1000), ('won and over', '2024-03-01', 500.25), ('won and over', '2024-05-15', 370.25), ('won and over', '2024-05-16', 40),
    ('over', '2024-05-16', 90), ('same', '2024-04-04', 77)) AS t (project, day, amount);

-- Each bar with its projects.
SELECT results_eq(
    $$ SELECT bar, string_agg(format('%s %s', project_id, expected_value), ', ' ORDER BY project_id COLLATE "C") FROM forecast_waterfall_projects('2024-03-15', '2024-05-15')
       GROUP BY bar ORDER BY bar COLLATE "C" $$,
    $$ VALUES ('created', 'created 400.00'), ('lost', 'lost -300.00'), ('month_ended', 'over -50.00, won and over -1000.00'),
              ('moved_earlier', 'hurried 0.00'), ('moved_later', 'moved 0.00'), ('probability_down', 'unlikelier -300.00'),
              ('probability_up', 'down and likelier 200.00, pulled in 500.00'), ('pulled_in', 'pulled in 100.00, reached 100.00'),
              ('pushed_out', 'pushed -300.00'), ('removed', 'archived -1000.00'),
              ('value_down', 'down and likelier -100.00'), ('value_up', 'pushed 100.00, up 1000.00'), ('won', 'won 500.00, won and over 500.00') $$,
    'every event stands in one bar, with what it was worth');
SELECT results_eq(
    $$ SELECT bar, string_agg(format('%s %s', project_id, committed_value), ', ' ORDER BY project_id) FROM forecast_waterfall_projects('2024-03-15', '2024-05-15')
       WHERE committed_value <> 0 GROUP BY bar ORDER BY bar COLLATE "C" $$,
    $$ VALUES ('month_ended', 'won and over -1000.00'), ('removed', 'archived -1000.00'), ('won', 'won 1000.00, won and over 1000.00') $$,
    'committed value moves with wins and with what leaves');

-- The bars.
SELECT results_eq(
    $$ SELECT "position", bar, project_count, expected_value, committed_value FROM forecast_waterfall('2024-03-15', '2024-05-15') $$,
    $$ VALUES (1, 'opening', 13::bigint, 5950.00, 1000.00), (2, 'created', 1, 400.00, 0.00), (3, 'won', 2, 1000.00, 2000.00), (4, 'lost', 1, -300.00, 0.00),
              (5, 'value_up', 2, 1100.00, 0.00), (6, 'value_down', 1, -100.00, 0.00), (7, 'probability_up', 2, 700.00, 0.00),
              (8, 'probability_down', 1, -300.00, 0.00), (9, 'pulled_in', 2, 200.00, 0.00), (10, 'pushed_out', 1, -300.00, 0.00),
              (11, 'moved_earlier', 1, 0.00, 0.00), (12, 'moved_later', 1, 0.00, 0.00), (15, 'month_ended', 2, -1050.00, -1000.00),
              (16, 'removed', 1, -1000.00, -1000.00), (17, 'closing', 12, 6300.00, 1000.00) $$,
    'opening, thirteen bars and closing, each with its projects and values');

-- Moves within the 12 months, and months that are over.
SELECT results_eq(
    $$ SELECT bar, moved_expected_value, moved_committed_value, invoiced_count, invoiced_value FROM forecast_waterfall('2024-03-15', '2024-05-15')
       WHERE num_nonnulls(moved_expected_value, moved_committed_value, invoiced_count, invoiced_value) > 0 $$,
    $$ VALUES ('moved_earlier', 200.00, 0.00, NULL::bigint, NULL::numeric), ('moved_later', 700.00, 0.00, NULL, NULL), ('month_ended', NULL, NULL, 1, 870.50) $$,
    'what moved is told with its value, what is over with what was invoiced of it');
SELECT results_eq(
    $$ SELECT project_id COLLATE "default", invoiced_value FROM forecast_waterfall_projects('2024-03-15', '2024-05-15') WHERE bar = 'month_ended' ORDER BY 1 $$,
    $$ VALUES ('over', 0.00), ('won and over', 870.50) $$, 'a project whose month is over was invoiced, or was not');
SELECT results_eq(
    $$ SELECT segment, project_count, expected_value, moved_expected_value FROM forecast_waterfall('2024-03-15', '2024-05-15', 'forecast_month')
       WHERE bar = 'moved_earlier' AND project_count > 0 $$,
    $$ VALUES ('2024-09', 1::bigint, 200.00, 200.00), ('2024-12', 1, -200.00, 200.00) $$, 'in a single month a move counts, here as what comes, there as what goes');
SELECT is((SELECT sum(expected_value) FROM pipeline_forecast_snapshot WHERE snapshot_date = day), value, 'as published on ' || day)
FROM (VALUES (date '2024-03-15', 5950.00), ('2024-05-15', 6300.00)) AS t (day, value);

CREATE FUNCTION pg_temp.open_ends(by text) RETURNS TABLE(segment text, expected numeric, committed numeric) LANGUAGE sql AS $$
    SELECT segment, sum(CASE bar WHEN 'closing' THEN -expected_value ELSE expected_value END),
           sum(CASE bar WHEN 'closing' THEN -committed_value ELSE committed_value END)
    FROM forecast_waterfall('2024-03-15', '2024-05-15', by) GROUP BY segment
$$;
SELECT is_empty(format('SELECT * FROM pg_temp.open_ends(%L) WHERE expected <> 0 OR committed <> 0', by), 'it closes to 0.00 by ' || coalesce(by, 'nothing'))
FROM unnest(ARRAY[NULL, 'stage_bucket', 'forecast_month', 'account', 'type', 'category', 'product_type', 'pipeline_stage', 'sales_representative']) AS by;
SELECT results_eq(
    $$ SELECT segment, bar, expected_value, committed_value FROM forecast_waterfall('2024-03-15', '2024-05-15', 'stage_bucket')
       WHERE bar IN ('opening', 'won', 'lost', 'closing') ORDER BY segment COLLATE "C", "position" $$,
    $$ VALUES ('Committed', 'opening', 1000.00, 1000.00), ('Committed', 'won', 2000.00, 2000.00), ('Committed', 'lost', 0.00, 0.00), ('Committed', 'closing', 1000.00, 1000.00),
              ('Lost', 'opening', 0.00, 0.00), ('Lost', 'won', 0.00, 0.00), ('Lost', 'lost', 0.00, 0.00), ('Lost', 'closing', 0.00, 0.00),
              ('Open', 'opening', 4950.00, 0.00), ('Open', 'won', -1000.00, 0.00), ('Open', 'lost', -300.00, 0.00), ('Open', 'closing', 5300.00, 0.00) $$,
    'a win leaves one bucket and enters another');
SELECT results_eq(
    $$ SELECT segment, expected_value FROM forecast_waterfall_projects('2024-03-15', '2024-05-15', 'forecast_month') WHERE project_id = 'moved' ORDER BY 1 $$,
    $$ VALUES ('2024-08', -700.00), ('2024-10', 700.00) $$, 'a move leaves one month and enters another');
SELECT results_eq(
    $$ SELECT DISTINCT segment FROM forecast_waterfall('2024-03-15', '2024-05-15', 'account') ORDER BY 1 $$,
    $$ VALUES ('(none)'), ('Acme') $$, 'projects without an account stand together');

-- Days without a snapshot.
SELECT results_eq($$ SELECT DISTINCT from_snapshot, to_snapshot FROM forecast_waterfall('2024-05-14', '2024-12-31') $$,
    $$ VALUES (date '2024-03-15', date '2024-05-15') $$, 'the newest snapshot before a day is taken, and named');
SELECT is(pg_temp.failure($$ SELECT FROM forecast_waterfall_projects('2024-03-14', '2024-05-15') $$),
    '55000: there is no forecast snapshot on or before 2024-03-14; The first snapshot is of 2024-03-15; earlier days can be taken from history with create_pipeline_forecast_snapshot().',
    'a day before the first one is refused');
SELECT results_eq($$ SELECT bar, expected_value FROM forecast_waterfall('2024-05-15', '2024-05-20') WHERE expected_value <> 0 $$,
    $$ VALUES ('opening', 6300.00), ('closing', 6300.00) $$, 'between a snapshot and itself nothing changed');
SELECT create_pipeline_forecast_snapshot('2024-02-29', true) \g /dev/null
DELETE FROM pipeline_forecast_snapshot WHERE snapshot_date = '2024-02-29';
SELECT results_eq($$ SELECT "position", expected_value FROM forecast_waterfall('2024-02-29', '2024-02-29') WHERE bar IN ('opening', 'closing') $$,
    $$ VALUES (1, 0.00), (17, 0.00) $$, 'an empty snapshot has its bars as well');

-- Snapshots whose projects history does not know.
DELETE FROM project_history;
SELECT results_eq(
    $$ SELECT bar, string_agg(project_id, ', ' ORDER BY project_id COLLATE "C") FROM forecast_waterfall_projects('2024-03-15', '2024-05-15')
       WHERE bar IN ('created', 'removed', 'pulled_in', 'pushed_out') GROUP BY bar ORDER BY bar $$,
    $$ VALUES ('created', 'created, pulled in, reached'), ('removed', 'archived, over, pushed, won and over') $$,
    'without history a project was created or removed');
SELECT is_empty('SELECT * FROM pg_temp.open_ends(NULL) WHERE expected <> 0 OR committed <> 0', 'and it closes all the same');

-- A snapshot of today, taken while the day is not over: what comes later today is none of it.
DELETE FROM projects;
INSERT INTO projects (monday_id, item_name, pipeline_stage, new_enquiry_value, probability_percent, follow_up_date) VALUES
    ('stays', 'P', 'Open Enquiry', 100, 50, pipeline_today()), ('far', 'P', 'Open Enquiry', 200, 50, pipeline_today() + 1000);
SELECT create_pipeline_forecast_snapshot(pipeline_today() - 1, true) \g /dev/null
UPDATE projects SET follow_up_date = pipeline_today() WHERE monday_id = 'far';
SELECT create_pipeline_forecast_snapshot() \g /dev/null
UPDATE projects SET new_enquiry_value = 999, follow_up_date = pipeline_today() + 1000;
SELECT results_eq(
    $$ SELECT bar, project_id COLLATE "default", expected_value FROM forecast_waterfall_projects(pipeline_today() - 1, pipeline_today()) $$,
    $$ VALUES ('pulled_in', 'far', 100.00) $$, 'what lay outside the 12 months is known as of the moment of its snapshot');
SELECT is((SELECT expected_value FROM forecast_waterfall(pipeline_today() - 1, pipeline_today()) WHERE bar = 'closing'), 150.00, 'and so is the closing');

SELECT * FROM finish();
ROLLBACK;
