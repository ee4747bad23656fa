-- 1,000 random histories: between any two snapshots the bars close to 0.00, as a whole, by every cut and project by
-- project. Give another seed with PGOPTIONS='-c test.seed=0.7'.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(9);

SELECT coalesce(current_setting('test.seed', true), round(random()::numeric, 6)::text) AS seed \gset
SELECT setseed(:seed);
SELECT diag('seed: ' || :'seed') \g /dev/null

-- Each history: up to 6 versions at random times of 400 days, every column drawn anew with some probability, so that
-- projects are won, lost, reopened, deleted, brought back, moved in and out of the 12 months, turned into credits.
CREATE TABLE draw AS
SELECT format('H%s', h) AS project_id, v, timestamptz '2023-01-01' + random() * interval '400 days' AS moment,
       random() AS a, random() AS b, random() AS c, random() AS d, random() AS e, random() AS f
FROM generate_series(1, 1000) AS h, LATERAL generate_series(1, 1 + floor(6 * random() + 0 * h)::integer) AS v;
INSERT INTO project_history (project_id, valid_from, valid_to, project_uuid, item_name, account, pipeline_stage, new_enquiry_value, total_order_value,
                             probability_percent, date_created, follow_up_date, date_order_received, state)
SELECT project_id, moment, lead(moment) OVER w, gen_random_uuid(), project_id, 'Account ' || floor(a * 3),
       (ARRAY['Open Enquiry', 'Customer Has Order', 'Won Via Other Ref', 'Won - Closed (Invoiced)', 'Lost', 'unheard of', NULL])[1 + floor(b * 7)::integer],
       CASE WHEN c < 0.8 THEN round(((c - 0.1) * 10000)::numeric, 2) END, CASE WHEN d < 0.3 THEN round(((d - 0.05) * 7777.77)::numeric, 2) END,
       CASE WHEN e < 0.7 THEN round((e * 140)::numeric, 2) END, date '2022-12-01' + floor(f * 700)::integer,
       CASE WHEN d > 0.4 THEN date '2023-01-01' + floor(f * 900)::integer END, CASE WHEN e > 0.8 THEN date '2023-01-01' + floor(a * 400)::integer END,
       CASE WHEN f < 0.85 THEN 'active' WHEN f < 0.92 THEN 'archived' ELSE 'deleted' END
FROM draw WINDOW w AS (PARTITION BY project_id ORDER BY moment);
-- Rates that learned meanwhile.
INSERT INTO analysis_history (project_id, valid_from, expected_conversion_rate, conversion_confidence, analysis_timestamp, llm_status)
SELECT project_id, moment, round(a::numeric, 5), round(b::numeric, 2), moment, 'none' FROM draw WHERE v = 1 AND c < 0.3;
INSERT INTO projects (monday_id, item_name, account, category) SELECT DISTINCT project_id, project_id, 'Account ' || right(project_id, 1), 'Category ' || left(project_id, 2) FROM draw;
DELETE FROM project_history WHERE valid_from > '2025-01-01';

CREATE TABLE day AS
SELECT DISTINCT date '2022-12-25' + floor(random() * 420)::integer AS day FROM generate_series(1, 8);
SELECT create_pipeline_forecast_snapshot(day, day < '2023-01-01') FROM day \g /dev/null
CREATE TABLE pair AS SELECT o.day AS opening, c.day AS closing FROM day o JOIN day c ON o.day < c.day;
ANALYZE;

CREATE TABLE bar AS
SELECT p.opening, p.closing, by, w.segment, w.bar, w.project_count, w.expected_value, w.committed_value
FROM pair p
CROSS JOIN unnest(ARRAY['', 'stage_bucket', 'forecast_month', 'account', 'pipeline_stage']) AS by
CROSS JOIN LATERAL forecast_waterfall(p.opening, p.closing, nullif(by, '')) w;
CREATE TABLE part AS SELECT p.opening, p.closing, w.* FROM pair p CROSS JOIN LATERAL forecast_waterfall_projects(p.opening, p.closing) w;

SELECT cmp_ok((SELECT count(DISTINCT bar) FROM part), '=', 13::bigint, 'every kind of event happened');
SELECT is_empty(
    $$ SELECT opening, closing, by, segment FROM bar GROUP BY 1, 2, 3, 4
       HAVING sum(CASE bar WHEN 'closing' THEN -expected_value ELSE expected_value END) <> 0
           OR sum(CASE bar WHEN 'closing' THEN -committed_value ELSE committed_value END) <> 0 $$,
    'opening + bars = closing, to 0.00, for both values, between all snapshots, by every cut');
SELECT is_empty(
    $$ SELECT b.opening, b.closing, b.by, e.bar FROM bar b CROSS JOIN (VALUES ('opening'), ('closing')) AS e (bar)
       WHERE b.bar = e.bar GROUP BY 1, 2, 3, 4
       HAVING (sum(b.expected_value), sum(b.committed_value), sum(b.project_count)) IS DISTINCT FROM (
           SELECT ROW(coalesce(sum(s.expected_value), 0), coalesce(sum(s.committed_value), 0), count(*)::numeric) FROM pipeline_forecast_snapshot s
           WHERE s.snapshot_date = CASE e.bar WHEN 'opening' THEN b.opening ELSE b.closing END) $$,
    'opening and closing are what was published');
SELECT is_empty(
    $$ SELECT p.opening, p.closing, s.project_id
       FROM pair p
       CROSS JOIN LATERAL (
           SELECT project_id, expected_value, committed_value FROM pipeline_forecast_snapshot WHERE snapshot_date = p.closing
           UNION ALL SELECT project_id, -expected_value, -committed_value FROM pipeline_forecast_snapshot WHERE snapshot_date = p.opening
           UNION ALL SELECT project_id, -expected_value, -committed_value FROM part WHERE (opening, closing) = (p.opening, p.closing)) s
       GROUP BY 1, 2, 3 HAVING sum(s.expected_value) <> 0 OR sum(s.committed_value) <> 0 $$,
    'the bars of each project are the difference of its forecasts');
SELECT is_empty('SELECT FROM part GROUP BY opening, closing, project_id, bar HAVING count(*) > 1', 'a project stands in a bar once');
SELECT is_empty(
    $$ SELECT FROM part GROUP BY opening, closing, project_id
       HAVING count(*) FILTER (WHERE bar IN ('won', 'lost', 'probability_up', 'probability_down')) > 1
           OR count(*) FILTER (WHERE bar IN ('value_up', 'value_down')) > 1
           OR count(*) FILTER (WHERE bar IN ('created', 'pulled_in')) > 1
           OR count(*) FILTER (WHERE bar IN ('removed', 'pushed_out')) > 1 $$,
    'and an event in one bar');
SELECT is_empty(
    $$ SELECT FROM bar b LEFT JOIN (SELECT opening, closing, bar, count(*) AS n, sum(expected_value) AS expected, sum(committed_value) AS committed FROM part GROUP BY 1, 2, 3) p
           USING (opening, closing, bar)
       WHERE by = '' AND bar NOT IN ('opening', 'closing')
         AND (b.project_count, b.expected_value, b.committed_value) IS DISTINCT FROM (coalesce(p.n, 0), coalesce(p.expected, 0), coalesce(p.committed, 0)) $$,
    'a bar is the sum of its projects');

SELECT is_empty(
    $$ SELECT opening, closing, by FROM bar WHERE bar IN ('reassigned_in', 'reassigned_out') GROUP BY 1, 2, 3
       HAVING sum(expected_value) <> 0 OR sum(committed_value) <> 0 $$,
    'what leaves one account or stage enters another');
SELECT set_eq($$ SELECT by FROM bar WHERE bar = 'reassigned_in' AND project_count > 0 $$, ARRAY['account', 'pipeline_stage'],
    'and projects were reassigned in these histories');

SELECT * FROM finish();
ROLLBACK;
