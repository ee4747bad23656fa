-- Fills projects and analysis_results. Read from settings: bench.projects (how many) and bench.in_window
-- (share of the projects whose forecast date lies in the 12 months from the current one on).
-- Everything follows from the seed and today's date.
SELECT setseed(0.5);

-- The stages of a pipeline a few years old; a tenth of the projects has a stage no rule knows, or none.
CREATE TEMP TABLE bench_stage (position integer PRIMARY KEY, stage text);
INSERT INTO bench_stage
SELECT row_number() OVER () - 1, s.stage
FROM (VALUES
    ('Won - Closed (Invoiced)', 4), ('Won - Open (Order Received)', 2), ('Won Via Other Ref', 1), ('Lost', 4),
    ('Open Enquiry', 4), ('Customer Confident Of Project Success', 1), ('Customer Has Order', 1),
    ('Customer Has Order - TP Preferred Supplier', 1), ('Check with IS', 0), ('Awaiting survey', 1), (NULL, 1)
) AS s (stage, weight)
CROSS JOIN LATERAL generate_series(1, s.weight);

CREATE TEMP TABLE bench_draw AS
SELECT
    n,
    random() AS stated,
    random() AS in_window,
    random() AS day,
    random() AS stage_draw,
    random() AS value,
    random() AS percent,
    random() AS analysis,
    random() AS which_date,
    random() AS detail,
    timezone('UTC', now())::date AS today,
    date_trunc('month', timezone('UTC', now()))::date AS first_day,
    (date_trunc('month', timezone('UTC', now())) + interval '12 months')::date - 1 AS last_day
FROM generate_series(1, current_setting('bench.projects')::integer) AS n;

-- The day a project is to be forecast for; the columns below are chosen so that the rules lead to it.
CREATE TEMP TABLE bench_day AS
SELECT
    *,
    CASE WHEN in_window < current_setting('bench.in_window')::float8
         THEN first_day + floor(day * (last_day - first_day + 1))::integer
         ELSE first_day - 1 - floor(day * 900)::integer END AS forecast_day,
    -- Three tenths state no date; four fifths have an analysis.
    stated < 0.7 AS has_date,
    analysis < 0.8 AS has_analysis
FROM bench_draw;

INSERT INTO projects (
    monday_id, item_name, project_name, pipeline_stage, type, category, zip_code, sales_representative, funding,
    feedback, date_created, expected_start_date, follow_up_date, probability_percent, account, product_type,
    new_enquiry_value, project_value, total_order_value, date_order_received, gestation_period, last_synced_at)
SELECT
    (1200000000 + n * 7)::text,
    format('Opportunity %s', n),
    CASE WHEN n % 3 > 0 THEN format('Project %s phase %s', n, n % 4) END,
    s.stage,
    (ARRAY['New Build', 'Refurbishment', 'Extension'])[1 + n % 3],
    (ARRAY['Education', 'Health', 'Housing', 'Industrial', 'Retail'])[1 + n % 5],
    format('ZIP %s', n % 3000),
    format('Representative %s', n % 40),
    (ARRAY['Public', 'Private'])[1 + n % 2],
    CASE WHEN n % 10 = 0 THEN repeat('Asked for a revised layout. ', 6) END,
    CASE
        WHEN has_date THEN least(forecast_day - 90, today)
        WHEN has_analysis THEN today - floor(detail * 600)::integer
        -- Without an analysis the day of creation is all there is; where nobody knows it, today stands in.
        WHEN in_window < current_setting('bench.in_window')::float8 THEN
            CASE WHEN detail < 0.5 THEN first_day + floor(day * (today - first_day + 1))::integer END
        ELSE forecast_day
    END,
    CASE WHEN has_date AND which_date < 0.7 THEN forecast_day END,
    CASE WHEN has_date AND which_date < 0.9 THEN forecast_day END,
    CASE WHEN percent < 0.6 THEN floor(percent / 0.6 * 20) * 5 END,
    format('Account %s', n % 2000),
    (ARRAY['Flat', 'Tapered', 'Inverted', 'Green'])[1 + n % 4],
    CASE WHEN value < 0.95 THEN round((500 + value * value * value * 250000)::numeric, 2) END,
    round((500 + value * 250000)::numeric, 2),
    CASE WHEN value < 0.4 THEN round((500 + detail * 180000)::numeric, 2)
         WHEN value > 0.99 THEN -round((500 + detail * 5000)::numeric, 2) END,
    CASE WHEN has_date AND which_date >= 0.9 THEN forecast_day END,
    floor(detail * 700)::integer,
    now()
FROM bench_day
JOIN bench_stage s ON s.position = floor(stage_draw * 20)::integer;

INSERT INTO analysis_results (
    project_id, expected_gestation_days, gestation_confidence, expected_conversion_rate, conversion_confidence,
    rating_score, reasoning, analysis_version, input_hash)
SELECT
    (1200000000 + n * 7)::text,
    CASE WHEN has_date THEN floor(which_date * 500)::integer
         ELSE forecast_day - (today - floor(detail * 600)::integer) END,
    round((0.2 + 0.7 * detail)::numeric, 2),
    CASE WHEN detail < 0.9 THEN round(percent::numeric, 5) END,
    CASE WHEN detail > 0.1 THEN round(which_date::numeric, 2) END,
    1 + floor(value * 100)::integer,
    jsonb_build_object('segment', n % 50, 'projects', n % 400, 'level', n % 5),
    '1',
    md5(n::text)
FROM bench_day
WHERE has_analysis;

DROP TABLE bench_stage, bench_draw, bench_day;
