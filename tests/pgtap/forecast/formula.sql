-- The formula of the project view, case by case.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(62);

-- Shape: reports read these columns by name and, in older tools, by position.
SELECT results_eq(
    $$ SELECT attname::text COLLATE "default", format_type(atttypid, atttypmod) FROM pg_attribute
       WHERE attrelid = 'vw_pipeline_forecast_project_v1'::regclass AND attnum > 0 ORDER BY attnum $$,
    $$ VALUES
        ('project_uuid', 'uuid'), ('project_id', 'text'), ('item_name', 'text'), ('project_name', 'text'),
        ('account', 'text'), ('type', 'text'), ('category', 'text'), ('product_type', 'text'),
        ('pipeline_stage', 'text'), ('stage_bucket', 'text'), ('contract_value', 'numeric(16,2)'),
        ('total_order_value', 'numeric(17,2)'), ('new_enquiry_value', 'numeric(17,2)'), ('date_created', 'date'),
        ('probability', 'numeric(6,5)'), ('forecast_date', 'date'), ('forecast_month', 'date'),
        ('forecast_date_source', 'text'), ('analysis_timestamp', 'timestamp with time zone'),
        ('expected_gestation_days', 'integer'), ('expected_conversion_rate', 'numeric(6,5)'),
        ('conversion_confidence', 'numeric(3,2)'), ('probability_percent', 'numeric(6,3)'),
        ('committed_value', 'numeric(16,2)'), ('expected_value', 'numeric(16,2)'),
        ('best_case_value', 'numeric(16,2)'), ('worst_case_value', 'numeric(16,2)'),
        ('best_case_probability', 'numeric(6,5)'), ('worst_case_probability', 'numeric(6,5)'),
        ('probability_spread', 'numeric(6,5)'), ('probability_source', 'text') $$,
    'the project view has the published columns, in their order, with their types');

-- One row of the edge-case table: what goes in, what comes out.
CREATE FUNCTION pg_temp.forecast_of(
    stage text, order_value numeric, enquiry numeric, percent numeric,
    rate numeric DEFAULT NULL, confidence numeric DEFAULT NULL
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    id text := 'case ' || gen_random_uuid();
    shown text;
BEGIN
    INSERT INTO projects (monday_id, item_name, pipeline_stage, total_order_value, new_enquiry_value, probability_percent)
    VALUES (id, 'Project', stage, order_value, enquiry, percent);
    IF coalesce(rate, confidence) IS NOT NULL THEN
        INSERT INTO analysis_results (project_id, expected_conversion_rate, conversion_confidence)
        VALUES (id, rate, confidence);
    END IF;
    SELECT format('%s %s p %s d %s %s: %s / %s / %s, committed %s, band %s..%s', v.stage_bucket, v.contract_value,
                  v.probability, v.probability_spread, v.probability_source, v.worst_case_value, v.expected_value,
                  v.best_case_value, v.committed_value, v.worst_case_probability, v.best_case_probability)
    INTO shown FROM vw_pipeline_forecast_project_v1 v WHERE v.project_id = id;
    RETURN shown;
END $$;

SELECT is(pg_temp.forecast_of('Open Enquiry', -100, 50, 40),
    'Open -100.00 p 0.40000 d 0.25000 board_percent: -65.00 / -40.00 / -15.00, committed 0.00, band 0.15000..0.65000',
    'a negative order value passes through, and best and worst change places');
SELECT is(pg_temp.forecast_of(NULL, 0, 1000.05, NULL),
    'Open 1000.05 p 0.50000 d 0.15000 stage_default: 350.02 / 500.03 / 650.03, committed 0.00, band 0.35000..0.65000',
    'no stage: the rule (any other); half a cent rounds away from zero');
SELECT is(pg_temp.forecast_of('Open Enquiry', NULL, 100, NULL),
    'Open 100.00 p 0.00000 d 0.25000 stage_default: 0.00 / 0.00 / 25.00, committed 0.00, band 0.00000..0.25000',
    'an enquiry nobody rated has probability 0 and may still be won');
SELECT is(pg_temp.forecast_of(NULL, NULL, 0.01, NULL),
    'Open 0.01 p 0.50000 d 0.15000 stage_default: 0.00 / 0.01 / 0.01, committed 0.00, band 0.35000..0.65000',
    'a cent times one half is a cent, times .35 nothing');
SELECT is(pg_temp.forecast_of('Check with IS', NULL, 1000, NULL, 0.335, 0),
    'Open 1000.00 p 0.33500 d 0.20000 model: 135.00 / 335.00 / 535.00, committed 0.00, band 0.13500..0.53500',
    'confidence 0 takes the spread of the stage');
SELECT is(pg_temp.forecast_of('Check with IS', NULL, 1000, NULL, 0.335, 1),
    'Open 1000.00 p 0.33500 d 0.05000 model: 285.00 / 335.00 / 385.00, committed 0.00, band 0.28500..0.38500',
    'confidence 1 keeps a spread of .05');
SELECT is(pg_temp.forecast_of('Check with IS', NULL, 1000, NULL, 0.335, 0.01),
    'Open 1000.00 p 0.33500 d 0.29700 model: 38.00 / 335.00 / 632.00, committed 0.00, band 0.03800..0.63200',
    'confidence .01 gives (1 - .01) * .30');
SELECT is(pg_temp.forecast_of('Check with IS', NULL, 1000, 80, NULL, 0.5),
    'Open 1000.00 p 0.80000 d 0.15000 board_percent: 650.00 / 800.00 / 950.00, committed 0.00, band 0.65000..0.95000',
    'an analysis without a rate leaves the stated percentage, with the confidence''s spread');
SELECT is(pg_temp.forecast_of('Open Enquiry', NULL, 1000, 80, 0.1, 0.5),
    'Open 1000.00 p 0.10000 d 0.15000 model: 0.00 / 100.00 / 250.00, committed 0.00, band 0.00000..0.25000',
    'the analysis goes before the stated percentage, and the band ends at 0');
SELECT is(pg_temp.forecast_of('Customer Has Order', NULL, 1000, 0),
    'Open 1000.00 p 0.00000 d 0.12000 board_percent: 0.00 / 0.00 / 120.00, committed 0.00, band 0.00000..0.12000',
    'a stated 0 percent counts as known');
SELECT is(pg_temp.forecast_of('Customer Has Order', NULL, 1000, 100),
    'Open 1000.00 p 1.00000 d 0.12000 board_percent: 880.00 / 1000.00 / 1000.00, committed 0.00, band 0.88000..1.00000',
    'the band ends at 1');
SELECT is(pg_temp.forecast_of('Customer Has Order', NULL, 100, 33.333),
    'Open 100.00 p 0.33333 d 0.12000 board_percent: 21.33 / 33.33 / 45.33, committed 0.00, band 0.21333..0.45333',
    'a percentage keeps its three decimals');
SELECT is(pg_temp.forecast_of('Won - Open (Order Received)', 100.10, 5, 10, 0.2, 0.9),
    'Committed 100.10 p 1.00000 d 0.05000 stage_committed: 100.10 / 100.10 / 100.10, committed 100.10, band 1.00000..1.00000',
    'committed is certain, whatever analysis and percentage say');
SELECT is(pg_temp.forecast_of('Lost', 100.10, 5, 90, 0.9, 0.9),
    'Lost 100.10 p 0.00000 d 0.05000 stage_lost: 0.00 / 0.00 / 0.00, committed 0.00, band 0.00000..0.00000',
    'lost is nothing, whatever analysis and percentage say');
SELECT is(pg_temp.forecast_of('Won Via Other Ref', -50, NULL, NULL),
    'Committed -50.00 p 1.00000 d  stage_committed: -50.00 / -50.00 / -50.00, committed -50.00, band 1.00000..1.00000',
    'a committed credit is committed; its stage has no spread');
SELECT is(pg_temp.forecast_of('A stage nobody described', 0, 0, NULL),
    'Open 0.00 p 0.50000 d 0.15000 stage_default: 0.00 / 0.00 / 0.00, committed 0.00, band 0.35000..0.65000',
    'an unknown stage takes the rule (any other); 0 and 0 is 0');
SELECT is(pg_temp.forecast_of('Lost ', 10, NULL, NULL),
    'Open 10.00 p 0.50000 d 0.15000 stage_default: 3.50 / 5.00 / 6.50, committed 0.00, band 0.35000..0.65000',
    'stages are compared exactly');
SELECT is(pg_temp.forecast_of(NULL, NULL, NULL, NULL),
    'Open 0.00 p 0.50000 d 0.15000 stage_default: 0.00 / 0.00 / 0.00, committed 0.00, band 0.35000..0.65000',
    'a project of which nothing is known is forecast with 0');
SELECT is(pg_temp.forecast_of(NULL, -0.01, NULL, NULL),
    'Open -0.01 p 0.50000 d 0.15000 stage_default: -0.01 / -0.01 / 0.00, committed 0.00, band 0.35000..0.65000',
    'negative money rounds away from zero too');
SELECT is(pg_temp.forecast_of(NULL, -1000.05, NULL, NULL),
    'Open -1000.05 p 0.50000 d 0.15000 stage_default: -650.03 / -500.03 / -350.02, committed 0.00, band 0.35000..0.65000',
    'a credit mirrors the same amount');
SELECT is(pg_temp.forecast_of('Customer Has Order', 99999999999999.99, NULL, 99.999),
    'Open 99999999999999.99 p 0.99999 d 0.12000 board_percent: 87998999999999.99 / 99998999999999.99 / 99999999999999.99, committed 0.00, band 0.87999..1.00000',
    'the largest amount is exact');

-- Which probability: every combination of what analysis and people say.
SET LOCAL client_min_messages = warning;
CREATE TEMP TABLE said AS
SELECT rate, confidence, stated, 'said ' || row_number() OVER () AS id
FROM unnest(ARRAY[NULL, 0, 0.37]) AS rate, unnest(ARRAY[NULL, 0, 0.14, 0.15, 0.9]) AS confidence, unnest(ARRAY[NULL, 0, 61]) AS stated;
INSERT INTO projects (monday_id, item_name, pipeline_stage, new_enquiry_value, probability_percent)
SELECT id, 'Project', 'Check with IS', 100, stated FROM said;
INSERT INTO analysis_results (project_id, expected_conversion_rate, conversion_confidence)
SELECT id, rate, confidence FROM said;
CREATE FUNCTION pg_temp.expected_source(minimum numeric) RETURNS TABLE(id text, source text, probability numeric, expected_value numeric)
LANGUAGE sql AS $$
    SELECT id, source, p, round(100 * p, 2)
    FROM (SELECT id, CASE WHEN rate IS NOT NULL AND coalesce(confidence, 0) >= minimum THEN 'model'
                          WHEN stated IS NOT NULL THEN 'board_percent'
                          WHEN rate IS NOT NULL THEN 'model' ELSE 'stage_default' END AS source, rate, stated FROM said) s,
         LATERAL (SELECT CASE source WHEN 'model' THEN rate WHEN 'board_percent' THEN stated / 100.0 ELSE 0.3 END AS p) v
$$;
CREATE FUNCTION pg_temp.found_source(moment timestamptz DEFAULT NULL) RETURNS TABLE(id text, source text, probability numeric, expected_value numeric)
LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY SELECT v.project_id, v.probability_source, v.probability::numeric, v.expected_value::numeric
    FROM vw_pipeline_forecast_project_v1 v WHERE moment IS NULL AND v.project_id LIKE 'said %'
    UNION ALL
    SELECT v.project_id, v.probability_source, v.probability, v.expected_value
    FROM pipeline_forecast_as_of(coalesce(moment, '-infinity')) v WHERE v.project_id LIKE 'said %';
END $$;
SELECT set_eq('SELECT * FROM pg_temp.found_source()', 'SELECT * FROM pg_temp.expected_source(0.15)',
              'a confident analysis, else people, else any analysis, else the stage');
SAVEPOINT before_update;
CREATE TEMP TABLE update AS SELECT clock_timestamp() AS before_update;
SELECT pg_sleep(0.01) \g /dev/null
\ir ../../../sql/settings/0003_model_confidence.sql
SELECT set_eq('SELECT * FROM pg_temp.found_source((SELECT before_update FROM update))', 'SELECT * FROM pg_temp.expected_source(0)',
              'as of a moment before the update to 0.2.0 every analysis counts');
SELECT set_eq('SELECT * FROM pg_temp.found_source(clock_timestamp())', 'SELECT * FROM pg_temp.expected_source(0.15)', 'and after it the default holds');
ROLLBACK TO before_update;
CREATE TEMP TABLE moment AS SELECT clock_timestamp() AS before_change;
SELECT pg_sleep(0.01) \g /dev/null
SELECT configure_pipeline('model_confidence_minimum', '0.9') \g /dev/null
SELECT set_eq('SELECT * FROM pg_temp.found_source()', 'SELECT * FROM pg_temp.expected_source(0.9)', 'the setting says what is confident');
SELECT set_eq('SELECT * FROM pg_temp.found_source((SELECT before_change FROM moment))', 'SELECT * FROM pg_temp.expected_source(0.15)',
              'as of a moment before, the setting of then');
SELECT set_eq('SELECT * FROM pg_temp.found_source(clock_timestamp())', 'SELECT * FROM pg_temp.expected_source(0.9)', 'as of now, that of now');
SELECT configure_pipeline('model_confidence_minimum', '0') \g /dev/null
SELECT set_eq('SELECT * FROM pg_temp.found_source()', 'SELECT * FROM pg_temp.expected_source(0)', '0: every analysis counts');
SELECT configure_pipeline('model_confidence_minimum', '0.15') \g /dev/null
SELECT results_eq(
    $$ SELECT rule, value FROM explain_forecast((SELECT id FROM said WHERE (rate, confidence, stated) = (0.37, 0.14, 61))) WHERE step = 'probability' $$,
    $$ VALUES ('probability_percent / 100, since the conversion_confidence of the analysis is below model_confidence_minimum', '0.61000') $$,
    'the explanation says why');
SELECT results_eq(
    $$ SELECT (pipeline_forecast_totals(stage_bucket, total_order_value, new_enquiry_value,
                   pipeline_model_rate(expected_conversion_rate, conversion_confidence, probability_percent, 0.15), probability_percent,
                   default_probability, conversion_confidence, default_spread)).expected_value
       FROM forecast_input WHERE project_id LIKE 'said %' $$,
    'SELECT sum(expected_value) FROM pg_temp.expected_source(0.15)', 'the sums follow the rule');

-- Stage rules: all ten rows.
SELECT results_eq(
    $$ SELECT stage, stage_bucket, default_probability, default_spread, outcome FROM pipeline_stage ORDER BY sort_order $$,
    $$ VALUES
        ('Won - Closed (Invoiced)', 'Committed', 1::numeric, NULL::numeric, 'won'),
        ('Won - Open (Order Received)', 'Committed', 1, NULL, 'open'),
        ('Won Via Other Ref', 'Committed', 1, NULL, 'open'),
        ('Customer Has Order - TP Preferred Supplier', 'Open', .75, .08, 'open'),
        ('Customer Has Order', 'Open', .50, .12, 'open'),
        ('Check with IS', 'Open', .30, .20, 'open'),
        ('Customer Confident Of Project Success', 'Open', .20, .18, 'open'),
        ('Open Enquiry', 'Open', 0, .25, 'open'),
        ('Lost', 'Lost', 0, NULL, 'lost'),
        ('(any other)', 'Open', .50, .15, 'open') $$,
    'pipeline_stage holds the ten rules');
INSERT INTO projects (monday_id, item_name, pipeline_stage, new_enquiry_value)
SELECT 'stage ' || sort_order, 'Project', stage, 100 FROM pipeline_stage;
SELECT results_eq(
    $$ SELECT v.pipeline_stage, v.stage_bucket, v.probability, v.probability_spread, v.expected_value
       FROM vw_pipeline_forecast_project_v1 v JOIN pipeline_stage s ON s.stage = v.pipeline_stage
       WHERE v.project_id LIKE 'stage %' ORDER BY s.sort_order $$,
    $$ SELECT stage, stage_bucket, default_probability, default_spread, round(100 * default_probability, 2)
       FROM pipeline_stage ORDER BY sort_order $$,
    'each rule reaches the view');
UPDATE pipeline_stage SET default_probability = 0.9, default_spread = 0.01 WHERE stage = 'Open Enquiry';
SELECT is(
    (SELECT format('%s %s %s', worst_case_value, expected_value, best_case_value)
     FROM vw_pipeline_forecast_project_v1 WHERE project_id = 'stage 80'),
    '89.00 90.00 91.00', 'an edited rule takes effect at once');
UPDATE pipeline_stage SET default_probability = 0, default_spread = 0.25 WHERE stage = 'Open Enquiry';
INSERT INTO pipeline_stage VALUES ('A stage nobody described', 'Lost', 0, NULL, 'lost', 95);
SELECT is((SELECT array_agg(DISTINCT stage_bucket) FROM vw_pipeline_forecast_project_v1
           WHERE pipeline_stage = 'A stage nobody described'), ARRAY['Lost'], 'a new rule takes effect on existing projects');
DELETE FROM pipeline_stage WHERE stage = 'A stage nobody described';
SELECT is((SELECT array_agg(DISTINCT stage_bucket) FROM vw_pipeline_forecast_project_v1
           WHERE pipeline_stage = 'A stage nobody described'), ARRAY['Open'], 'a removed rule leaves its projects to (any other)');

-- Dates: each source in its order, with one more date missing each time.
INSERT INTO projects (monday_id, item_name, date_order_received, expected_start_date, follow_up_date, date_created)
VALUES
    ('date 1', 'P', '2024-02-29', '2025-03-15', '2025-04-15', '2023-01-01'),
    ('date 2', 'P', NULL, '2025-03-15', '2025-04-15', '2023-01-01'),
    ('date 3', 'P', NULL, NULL, '2025-04-15', '2023-01-01'),
    ('date 4', 'P', NULL, NULL, NULL, '2023-01-01'),
    ('date 5', 'P', NULL, NULL, NULL, '2023-01-01'),
    ('date 6', 'P', NULL, NULL, NULL, '2023-01-01'),
    ('date 7', 'P', NULL, NULL, NULL, NULL),
    ('date 8', 'P', NULL, NULL, NULL, '2023-01-01'),
    ('date 9', 'P', NULL, NULL, NULL, NULL);
INSERT INTO analysis_results (project_id, expected_gestation_days)
VALUES ('date 1', 10), ('date 3', 10), ('date 4', 31), ('date 5', -7), ('date 8', 2147483647), ('date 9', 10);
SELECT results_eq(
    $$ SELECT project_id COLLATE "default", forecast_date, forecast_month, forecast_date_source FROM vw_pipeline_forecast_project_v1
       WHERE project_id LIKE 'date %' ORDER BY project_id $$,
    $$ VALUES
        ('date 1', date '2024-02-29', date '2024-02-01', 'date_order_received'),
        ('date 2', '2025-03-15', '2025-03-01', 'expected_start_date'),
        ('date 3', '2025-04-15', '2025-04-01', 'follow_up_date'),
        ('date 4', '2023-02-01', '2023-02-01', 'date_created_plus_expected_gestation_days'),
        ('date 5', '2023-01-01', '2023-01-01', 'date_created_plus_expected_gestation_days'),
        ('date 6', '2023-01-01', '2023-01-01', 'date_created'),
        ('date 7', pipeline_today(), pipeline_forecast_month(pipeline_today()), 'current_date_default'),
        ('date 8', '9999-12-31', '9999-12-01', 'date_created_plus_expected_gestation_days'),
        ('date 9', pipeline_today(), pipeline_forecast_month(pipeline_today()), 'current_date_default') $$,
    'the date comes from the first source that is known; a negative gestation counts as 0, an endless one ends');
SELECT is(pipeline_today(), (now() AT TIME ZONE 'UTC')::date, 'today is the day in UTC');
SET LOCAL timezone = 'Pacific/Kiritimati';
SELECT is((SELECT forecast_date FROM vw_pipeline_forecast_project_v1 WHERE project_id = 'date 7'),
          (now() AT TIME ZONE 'UTC')::date, 'the session''s time zone does not move a forecast');
SET LOCAL timezone = 'UTC';
SELECT is(pipeline_window_start('2024-02-29'), date '2024-02-01', 'the window starts with the month');
SELECT is(pipeline_window_end('2024-02-29'), date '2025-02-01', 'the window ends 12 months later');
SELECT is(pipeline_forecast_month('1999-12-31'), date '1999-12-01', 'the month of a day before the epoch');

-- Names, and which projects appear.
INSERT INTO projects (monday_id, item_name, project_name, state)
VALUES ('name 1', 'Item', 'Name', 'active'), ('name 2', 'Item', '', 'active'), ('name 3', 'Item', NULL, 'active'),
       ('name 4', 'Item', 'Name', 'archived'), ('name 5', 'Item', 'Name', 'deleted');
SELECT results_eq(
    $$ SELECT project_id COLLATE "default", project_name FROM vw_pipeline_forecast_project_v1 WHERE project_id LIKE 'name %' ORDER BY 1 $$,
    $$ VALUES ('name 1', 'Name'), ('name 2', 'Item'), ('name 3', 'Item') $$,
    'a blank project name falls back to the item; archived and deleted projects do not appear');
SELECT is((SELECT count(*) FROM vw_pipeline_forecast_project_v1),
          (SELECT count(*) FROM projects WHERE state = 'active'), 'one row per active project');
SELECT is((SELECT analysis_timestamp IS NULL AND expected_gestation_days IS NULL AND expected_conversion_rate IS NULL
                  AND conversion_confidence IS NULL FROM vw_pipeline_forecast_project_v1 WHERE project_id = 'name 1'),
          true, 'without an analysis its columns are NULL');

-- The functions behind the columns, where the view cannot go.
SELECT is(pipeline_probability('Open', 1.5, NULL, 0.5), 1::numeric, 'a rate above 1 is clamped');
SELECT is(pipeline_probability('Open', -0.5, NULL, 0.5), 0::numeric, 'a rate below 0 is clamped');
SELECT is(pipeline_probability('Open', NULL, 150, 0.5), 1::numeric, 'a percentage above 100 is clamped');
SELECT is(pipeline_probability(NULL, 0.5, 50, 0.5), NULL::numeric, 'no bucket, no probability');
SELECT is(pipeline_probability_spread(-0.5, 0.2), 0.2, 'a confidence below 0 takes the spread of the stage');
SELECT is(pipeline_probability_spread(0.005, 0.2), 0.2985, 'the spread of a confidence of .005');
SELECT is(pipeline_expected_value('Open', 1.005, NULL, NULL, 50, NULL), 0.51,
          'an argument is rounded to the cent before it is used: 1.01 * .50');
SELECT throws_ok($$ SELECT pipeline_probability('Maybe', 0.5, 50, 0.5) $$, '22023', 'unknown stage bucket "Maybe"',
                 'an unknown bucket is refused');
SELECT throws_ok($$ SELECT pipeline_contract_value(100000000000000, NULL) $$, '22003', 'value is out of range for the forecast',
                 'an amount of eleven digits is refused');

-- The aggregate sums rounded values, also over nothing.
SELECT is(
    (SELECT pipeline_forecast_totals(b, o, NULL, NULL, p, 0.5, NULL, 0.15)::text
     FROM (VALUES ('Open', 0.01, 50), ('Open', 0.01, 50), ('Committed', 5, NULL), ('Lost', 7, 10), (NULL, 9, 10))
          AS t (b, o, p)),
    '(4,12.02,5.00,5.02,5.02,5.00)', 'pipeline_forecast_totals sums rounded values and leaves out rows without a bucket');
SELECT is((SELECT pipeline_forecast_totals('Open', 1, 1, 1, 1, 1, 1, 1)::text FROM generate_series(1, 0)),
          '(0,0.00,0.00,0.00,0.00,0.00)', 'pipeline_forecast_totals over no row');

-- The explanation tells the same numbers.
INSERT INTO projects (monday_id, item_name, pipeline_stage, total_order_value, new_enquiry_value, probability_percent, follow_up_date)
VALUES ('explained', 'P', 'Open Enquiry', -100, 50, 40, '2025-04-15');
SELECT results_eq(
    $$ SELECT step, value FROM explain_forecast('explained') $$,
    $$ VALUES
        ('stage_bucket', 'Open'), ('contract_value', '-100.00'), ('forecast_date', '2025-04-15'),
        ('forecast_month', '2025-04-01'), ('probability', '0.40000'), ('probability_spread', '0.25000'),
        ('best_case_probability', '0.65000'), ('worst_case_probability', '0.15000'), ('committed_value', '0.00'),
        ('expected_value', '-40.00'), ('best_case_value', '-15.00'), ('worst_case_value', '-65.00') $$,
    'explain_forecast names every number of the edge case');
SELECT is((SELECT format('%s = %s', input, rule) FROM explain_forecast('explained') WHERE step = 'worst_case_value'),
          '-100.00 * 0.65000 = contract_value * worst_case_probability, rounded to 2 decimals, best and worst swapped for a negative contract value',
          'an explanation shows how to redo a number');
SELECT is_empty(
    $$ SELECT v.project_id, e.key, e.value, x.value
       FROM vw_pipeline_forecast_project_v1 v
       CROSS JOIN LATERAL jsonb_each_text(to_jsonb(v)) e
       JOIN vw_forecast_explanation_v1 x ON x.project_id = v.project_id AND x.step = e.key
       WHERE coalesce(e.value, 'unknown') <> x.value $$,
    'explanations agree with the view on every project of this file');
SELECT is((SELECT count(*) FROM vw_forecast_explanation_v1), 12 * (SELECT count(*) FROM vw_pipeline_forecast_project_v1),
          'every project has twelve steps');
SELECT is((SELECT rule FROM explain_forecast('date 7') WHERE step = 'forecast_date'), 'today, since no date is known',
          'an explanation says where a date comes from');
SELECT is((SELECT input FROM explain_forecast('stage 100') WHERE step = 'stage_bucket'), '(any other)',
          'an explanation shows the stage');

SELECT * FROM finish();
ROLLBACK;
