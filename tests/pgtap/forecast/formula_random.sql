-- The project view against a restatement of its rules in plain SQL, on 20,000 random projects. The restatement is
-- written from the rules alone and shares nothing with the extension: stage rules included.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(9);

CREATE FUNCTION pg_temp.pick(VARIADIC anyarray) RETURNS anyelement LANGUAGE sql VOLATILE
AS $$ SELECT $1[1 + floor(random() * cardinality($1))::integer] $$;
-- NULL for about the given share of the calls.
CREATE FUNCTION pg_temp.known(share double precision) RETURNS boolean LANGUAGE sql VOLATILE AS $$ SELECT random() < share $$;
CREATE FUNCTION pg_temp.money() RETURNS numeric LANGUAGE sql VOLATILE AS $$
    SELECT CASE floor(random() * 8)::integer
        WHEN 0 THEN 0
        WHEN 1 THEN -round((random() * 100000)::numeric, 2)
        WHEN 2 THEN round((random() * 10)::numeric, 2)
        WHEN 3 THEN round((random() * 99999999999999)::numeric, 2)
        WHEN 4 THEN -round((random() * 99999999999999)::numeric, 2)
        WHEN 5 THEN floor(random() * 20000)::numeric / 2 + 0.01
        ELSE round((random() * 250000)::numeric, 2) END
$$;
CREATE FUNCTION pg_temp.day() RETURNS date LANGUAGE sql VOLATILE
AS $$ SELECT date '1995-01-01' + floor(random() * 15000)::integer $$;

SELECT setseed(0.42) \g /dev/null
INSERT INTO projects (
    monday_id, item_name, project_name, account, type, category, product_type, pipeline_stage,
    total_order_value, new_enquiry_value, probability_percent,
    date_created, date_order_received, expected_start_date, follow_up_date, state)
SELECT
    'random ' || n, 'Item ' || n, pg_temp.pick(NULL, ''::text, ' ', 'Name ' || n), pg_temp.pick(NULL, 'Account 001'::text, 'Account 002'),
    pg_temp.pick(NULL, 'New'::text, 'Refurbishment'), pg_temp.pick(NULL, 'Roof'::text), pg_temp.pick(NULL, 'Flat'::text),
    pg_temp.pick('Won - Closed (Invoiced)'::text, 'Won - Open (Order Received)', 'Won Via Other Ref', 'Lost',
                 'Customer Confident Of Project Success', 'Customer Has Order',
                 'Customer Has Order - TP Preferred Supplier', 'Open Enquiry', 'Check with IS', 'Something else', '', NULL),
    CASE WHEN pg_temp.known(0.5) THEN pg_temp.money() END, CASE WHEN pg_temp.known(0.8) THEN pg_temp.money() END,
    CASE WHEN pg_temp.known(0.6) THEN pg_temp.pick(0::numeric, 100::numeric, round((random() * 100)::numeric, 3), floor(random() * 101)::numeric) END,
    CASE WHEN pg_temp.known(0.7) THEN pg_temp.day() END, CASE WHEN pg_temp.known(0.2) THEN pg_temp.day() END,
    CASE WHEN pg_temp.known(0.3) THEN pg_temp.day() END, CASE WHEN pg_temp.known(0.3) THEN pg_temp.day() END,
    pg_temp.pick('active', 'active', 'active', 'active', 'archived', 'deleted'::text)
FROM generate_series(1, 20000) AS n;

INSERT INTO analysis_results (project_id, expected_gestation_days, expected_conversion_rate, conversion_confidence, analysis_timestamp)
SELECT
    'random ' || n,
    CASE WHEN pg_temp.known(0.8) THEN floor(random() * 3000)::integer - 300 END,
    CASE WHEN pg_temp.known(0.8) THEN pg_temp.pick(0::numeric, 1::numeric, 0.335, round(random()::numeric, 5)) END,
    CASE WHEN pg_temp.known(0.8) THEN pg_temp.pick(0::numeric, 1::numeric, round(random()::numeric, 2), round(random()::numeric, 2)) END,
    now() - random() * interval '100 days'
FROM generate_series(1, 20000) AS n
WHERE pg_temp.known(0.6);

CREATE TEMP TABLE rules (stage text, bucket text, p numeric, d numeric);
INSERT INTO rules VALUES
    ('Won - Closed (Invoiced)', 'Committed', 1, NULL), ('Won - Open (Order Received)', 'Committed', 1, NULL),
    ('Won Via Other Ref', 'Committed', 1, NULL), ('Lost', 'Lost', 0, NULL),
    ('Customer Confident Of Project Success', 'Open', 0.20, 0.18), ('Customer Has Order', 'Open', 0.50, 0.12),
    ('Customer Has Order - TP Preferred Supplier', 'Open', 0.75, 0.08), ('Open Enquiry', 'Open', 0, 0.25),
    ('Check with IS', 'Open', 0.30, 0.20);

CREATE TEMP TABLE restated AS
WITH joined AS (
    SELECT
        pr.*, a.analysis_timestamp, a.expected_gestation_days, a.expected_conversion_rate, a.conversion_confidence,
        CASE WHEN r.stage IS NULL THEN 'Open' ELSE r.bucket END AS bucket,
        CASE WHEN r.stage IS NULL THEN 0.50 ELSE r.p END AS default_p,
        CASE WHEN r.stage IS NULL THEN 0.15 ELSE r.d END AS default_d
    FROM projects pr
    LEFT JOIN rules r ON r.stage = pr.pipeline_stage
    LEFT JOIN analysis_results a ON a.project_id = pr.monday_id
    WHERE pr.state = 'active'
),
contract AS (
    SELECT *,
        CASE WHEN total_order_value <> 0 THEN total_order_value
             WHEN new_enquiry_value <> 0 THEN new_enquiry_value
             ELSE 0 END AS c,
        CASE WHEN bucket = 'Lost' THEN 0
             WHEN bucket = 'Committed' THEN 1
             WHEN expected_conversion_rate IS NOT NULL AND (conversion_confidence >= 0.15 OR probability_percent IS NULL)
                 THEN least(greatest(expected_conversion_rate, 0), 1)
             WHEN probability_percent IS NOT NULL THEN least(greatest(probability_percent / 100, 0), 1)
             ELSE default_p END AS p,
        CASE WHEN bucket = 'Lost' THEN 'stage_lost'
             WHEN bucket = 'Committed' THEN 'stage_committed'
             WHEN expected_conversion_rate IS NOT NULL AND (conversion_confidence >= 0.15 OR probability_percent IS NULL) THEN 'model'
             WHEN probability_percent IS NOT NULL THEN 'board_percent'
             ELSE 'stage_default' END AS p_source,
        CASE WHEN conversion_confidence > 0 THEN least(greatest((1 - conversion_confidence) * 0.30, 0.05), 0.35)
             ELSE default_d END AS d,
        CASE WHEN date_order_received IS NOT NULL THEN date_order_received
             WHEN expected_start_date IS NOT NULL THEN expected_start_date
             WHEN follow_up_date IS NOT NULL THEN follow_up_date
             WHEN date_created IS NOT NULL AND expected_gestation_days IS NOT NULL
                 THEN date_created + greatest(expected_gestation_days, 0)
             WHEN date_created IS NOT NULL THEN date_created
             ELSE (now() AT TIME ZONE 'UTC')::date END AS day,
        CASE WHEN date_order_received IS NOT NULL THEN 'date_order_received'
             WHEN expected_start_date IS NOT NULL THEN 'expected_start_date'
             WHEN follow_up_date IS NOT NULL THEN 'follow_up_date'
             WHEN date_created IS NOT NULL AND expected_gestation_days IS NOT NULL
                 THEN 'date_created_plus_expected_gestation_days'
             WHEN date_created IS NOT NULL THEN 'date_created'
             ELSE 'current_date_default' END AS day_source
    FROM joined
),
band AS (
    SELECT *,
        CASE bucket WHEN 'Committed' THEN 1 WHEN 'Lost' THEN 0 ELSE least(greatest(p + d, 0), 1) END AS p_best,
        CASE bucket WHEN 'Committed' THEN 1 WHEN 'Lost' THEN 0 ELSE least(greatest(p - d, 0), 1) END AS p_worst
    FROM contract
)
SELECT
    id AS project_uuid, monday_id AS project_id, item_name,
    CASE WHEN project_name <> '' THEN project_name ELSE item_name END AS project_name,
    account, type, category, product_type, pipeline_stage,
    bucket AS stage_bucket, c AS contract_value, total_order_value, new_enquiry_value, date_created, p AS probability,
    day AS forecast_date, date_trunc('month', day::timestamp)::date AS forecast_month, day_source AS forecast_date_source,
    analysis_timestamp, expected_gestation_days, expected_conversion_rate, conversion_confidence, probability_percent,
    CASE WHEN bucket = 'Committed' THEN c ELSE 0 END AS committed_value,
    round(c * p, 2) AS expected_value,
    round(c * CASE WHEN c < 0 THEN p_worst ELSE p_best END, 2) AS best_case_value,
    round(c * CASE WHEN c < 0 THEN p_best ELSE p_worst END, 2) AS worst_case_value,
    p_best AS best_case_probability, p_worst AS worst_case_probability, d AS probability_spread,
    p_source AS probability_source
FROM band;

SELECT cmp_ok((SELECT count(*) FROM restated), '>', 10000::bigint, 'there is something to compare');
SELECT is((SELECT count(DISTINCT (stage_bucket, probability_source, forecast_date_source)) FROM restated), 30::bigint,
          'the random projects meet every combination of bucket, probability source and date source');
SELECT is_empty('SELECT * FROM vw_pipeline_forecast_project_v1 EXCEPT SELECT * FROM restated',
                'the view holds nothing that the rules do not give');
SELECT is_empty('SELECT * FROM restated EXCEPT SELECT * FROM vw_pipeline_forecast_project_v1',
                'the view misses nothing that the rules give');
SELECT is_empty('SELECT * FROM vw_pipeline_forecast_project_v1 EXCEPT SELECT * FROM pipeline_forecast_as_of(clock_timestamp())',
                'as of now, history misses nothing of the view');
SELECT is_empty('SELECT * FROM pipeline_forecast_as_of(clock_timestamp()) EXCEPT SELECT * FROM vw_pipeline_forecast_project_v1',
                'as of now, history has nothing beyond the view');
SELECT is_empty(
    $$ SELECT project_id FROM vw_pipeline_forecast_project_v1
       WHERE (worst_case_value <= expected_value AND expected_value <= best_case_value) IS NOT TRUE $$,
    'worst <= expected <= best, for credits too');

-- The aggregate of the monthly view, whatever the plan, is the sum of the project rows.
CREATE TEMP VIEW sums AS
SELECT stage_bucket, count(*) AS project_count, sum(contract_value) AS contract_value,
       sum(committed_value) AS committed_value, sum(expected_value) AS expected_value,
       sum(best_case_value) AS best_case_value, sum(worst_case_value) AS worst_case_value
FROM restated GROUP BY stage_bucket;
CREATE TEMP VIEW totals AS
SELECT stage_bucket, (pipeline_forecast_totals(
    stage_bucket, total_order_value, new_enquiry_value,
    pipeline_model_rate(expected_conversion_rate, conversion_confidence, probability_percent, 0.15), probability_percent,
    default_probability, conversion_confidence, default_spread)).*
FROM forecast_input GROUP BY stage_bucket;
SELECT set_eq('TABLE totals', 'TABLE sums', 'pipeline_forecast_totals adds up to the rules, to the cent');

ANALYZE projects;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL enable_material = off;
SELECT set_eq('TABLE totals', 'TABLE sums', 'and so it does from the partial states of parallel workers');

SELECT * FROM finish();
ROLLBACK;
