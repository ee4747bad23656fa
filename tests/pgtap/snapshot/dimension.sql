-- Snapshots know the attributes of their day: a project that is reassigned later does not move the past, whatever the
-- order in which the days were taken.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(22);

CREATE FUNCTION pg_temp.noted(project text, day date) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws('/', account, type, category, product_type, pipeline_stage, sales_representative), ' and ')
    FROM vw_dim_project_of_day WHERE project_id = project AND first_day <= day AND (end_day > day OR end_day IS NULL)
$$;

-- Live: each day notes what is new, and only that.
INSERT INTO projects (monday_id, item_name, account, type, category, product_type, pipeline_stage, sales_representative, new_enquiry_value, probability_percent, follow_up_date) VALUES
    ('moves', 'P', 'North', 'Rail', 'Public', 'Axle', 'Open Enquiry', 'Ida', 100, 60, pipeline_today()),
    ('stays', 'P', 'North', NULL, NULL, NULL, NULL, NULL, 100, NULL, pipeline_today()),
    ('outside', 'P', 'North', NULL, NULL, NULL, NULL, NULL, 100, NULL, pipeline_today() + 5000);
SELECT create_pipeline_forecast_snapshot(pipeline_today() - 9, true) \g /dev/null
SELECT is(pg_temp.noted('moves', pipeline_today() - 9), 'North/Rail/Public/Axle/Open Enquiry/Ida', 'a snapshot notes account, type, category, product, stage and owner');
SELECT is_empty($$ SELECT FROM vw_dim_project_of_day WHERE project_id = 'outside' $$, 'of its own projects');
UPDATE projects SET account = 'South', sales_representative = 'Ole' WHERE monday_id = 'moves';
SELECT create_pipeline_forecast_snapshot(pipeline_today() - 5, true) \g /dev/null
SELECT is(pg_temp.noted('moves', pipeline_today() - 9), 'North/Rail/Public/Axle/Open Enquiry/Ida', 'what it noted stays');
SELECT is(pg_temp.noted('moves', pipeline_today() - 5), 'South/Rail/Public/Axle/Open Enquiry/Ole', 'the next one notes what has changed');
SELECT results_eq($$ SELECT first_day, end_day FROM vw_dim_project_of_day WHERE project_id = 'stays' $$,
    $$ VALUES (pipeline_today() - 9, NULL::date) $$, 'of what did not change there is one version');

-- A day is taken again: its version is replaced, no other.
UPDATE projects SET account = 'West' WHERE monday_id = 'moves';
SELECT create_pipeline_forecast_snapshot(pipeline_today() - 5, true) \g /dev/null
SELECT is(pg_temp.noted('moves', pipeline_today() - 5), 'West/Rail/Public/Axle/Open Enquiry/Ole', 'a day that is taken again says what it holds now');
SELECT is((SELECT count(*) FROM vw_dim_project_of_day WHERE project_id = 'moves'), 2::bigint, 'in its own version');

-- A day between two others, taken later: theirs stay as they were.
UPDATE projects SET account = 'East' WHERE monday_id = 'moves';
SELECT create_pipeline_forecast_snapshot(pipeline_today() - 7, true) \g /dev/null
SELECT results_eq(
    $$ SELECT days, pg_temp.noted('moves', pipeline_today() - days) FROM unnest(ARRAY[9, 8, 7, 5, 0]) AS days $$,
    $$ VALUES (9, 'North/Rail/Public/Axle/Open Enquiry/Ida'), (8, 'North/Rail/Public/Axle/Open Enquiry/Ida'), (7, 'East/Rail/Public/Axle/Open Enquiry/Ole'),
              (5, 'West/Rail/Public/Axle/Open Enquiry/Ole'), (0, 'West/Rail/Public/Axle/Open Enquiry/Ole') $$,
    'a day between two others moves neither of them');
SELECT create_pipeline_forecast_snapshot(pipeline_today() - 20, true) \g /dev/null
SELECT results_eq(
    $$ SELECT days, pg_temp.noted('moves', pipeline_today() - days) FROM unnest(ARRAY[20, 9]) AS days $$,
    $$ VALUES (20, 'East/Rail/Public/Axle/Open Enquiry/Ole'), (9, 'North/Rail/Public/Axle/Open Enquiry/Ida') $$, 'nor does one before them');

-- The waterfall by an attribute: a reassigned project leaves its segment as it was and comes along to the other, where
-- whatever else happened to it counts. An attribute of today moves nothing.
UPDATE projects SET new_enquiry_value = 300 WHERE monday_id = 'moves';
SELECT create_pipeline_forecast_snapshot(pipeline_today() - 3, true) \g /dev/null
UPDATE projects SET account = 'Anywhere', pipeline_stage = 'Lost' WHERE monday_id IN ('moves', 'stays');
SELECT results_eq(
    $$ SELECT segment, bar, project_count, expected_value FROM forecast_waterfall(pipeline_today() - 9, pipeline_today() - 3, 'account')
       WHERE project_count > 0 ORDER BY segment, "position" $$,
    $$ VALUES ('East', 'value_up', 1::bigint, 120.00), ('East', 'reassigned_in', 1, 60.00), ('East', 'closing', 1, 180.00),
              ('North', 'opening', 2, 110.00), ('North', 'reassigned_out', 1, -60.00), ('North', 'closing', 1, 50.00) $$,
    'by account: reassigned out of one, into the other');
SELECT results_eq(
    $$ SELECT segment, bar, project_id COLLATE "default", expected_value FROM forecast_waterfall_projects(pipeline_today() - 9, pipeline_today() - 3, 'sales_representative') ORDER BY 1, 2 $$,
    $$ VALUES ('Ida', 'reassigned_out', 'moves', -60.00), ('Ole', 'reassigned_in', 'moves', 60.00), ('Ole', 'value_up', 'moves', 120.00) $$,
    'by owner as well, project by project');
SELECT results_eq(
    $$ SELECT bar, project_count, expected_value FROM forecast_waterfall(pipeline_today() - 9, pipeline_today() - 3) WHERE project_count > 0 $$,
    $$ VALUES ('opening', 2::bigint, 110.00), ('value_up', 1, 120.00), ('closing', 2, 230.00) $$, 'the whole knows of no reassigning');
DELETE FROM pipeline_forecast_snapshot_day WHERE snapshot_date > pipeline_today() - 3;
CREATE FUNCTION pg_temp.drift_of(account text) RETURNS TABLE(bar text, count bigint, value numeric) LANGUAGE sql AS $$
    SELECT b->>'bar', (b->>'project_count')::bigint, (b->>'expected_value')::numeric
    FROM json_array_elements(forecast_drift_document(pipeline_today() - 9, account)->'bars') AS b WHERE (b->>'project_count')::bigint > 0
$$;
SELECT results_eq($$ SELECT * FROM pg_temp.drift_of('North') $$,
    $$ VALUES ('opening', 2::bigint, 110.00), ('reassigned_out', 1, -60.00), ('closing', 1, 50.00) $$, 'the page, of an account: what left it');
SELECT results_eq($$ SELECT * FROM pg_temp.drift_of(' East ') $$,
    $$ VALUES ('value_up', 1::bigint, 120.00), ('reassigned_in', 1, 60.00), ('closing', 1, 180.00) $$, 'and what came to it');
SELECT is_empty($$ SELECT * FROM pg_temp.drift_of('Anywhere') $$, 'and nothing of where they are today');

SELECT is(forecast_drift_document(pipeline_today() - 9, '100 %s of %L')->'filter'->>'account', '100 %s of %L', 'whatever the account is called');

-- A day that a snapshot did not note is told by today's attributes.
DELETE FROM pipeline_data.snapshot_dimension WHERE project_id = 'stays';
SELECT results_eq(
    $$ SELECT segment, bar, project_count FROM forecast_waterfall(pipeline_today() - 9, pipeline_today() - 3, 'account') WHERE project_count > 0 AND segment = 'Anywhere' ORDER BY "position" $$,
    $$ VALUES ('Anywhere', 'opening', 1::bigint), ('Anywhere', 'closing', 1) $$, 'what was not noted is told by what is known today');

-- From history, in any order: each day notes what history says of its end, the owner included.
INSERT INTO project_history (project_id, valid_from, valid_to, project_uuid, item_name, account, sales_representative, new_enquiry_value, follow_up_date, state)
SELECT 'R' || p, moment, lead(moment) OVER (PARTITION BY p ORDER BY moment), gen_random_uuid(), 'P', 'A' || floor(random() * 3), 'O' || floor(random() * 3), 10, '2023-12-31', 'active'
FROM (SELECT p, timestamptz '2023-01-01 00:00+00' + random() * interval '90 days' AS moment
      FROM generate_series(1, 60) AS p, generate_series(1, 5)) AS drawn;
INSERT INTO projects (monday_id, item_name, account) SELECT 'R' || p, 'P', 'elsewhere' FROM generate_series(1, 60) AS p;
DELETE FROM project_history WHERE project_id LIKE 'R%' AND account = 'elsewhere';
CREATE TABLE taken AS SELECT date '2023-01-05' + n AS day FROM generate_series(0, 100, 3) AS n ORDER BY random();
DO $do$
DECLARE
    one date;
BEGIN
    FOR one IN SELECT day FROM taken LOOP
        PERFORM create_pipeline_forecast_snapshot(one);
    END LOOP;
END $do$;
SELECT is_empty(
    $$ SELECT t.day, s.project_id FROM taken t JOIN pipeline_forecast_snapshot s ON s.snapshot_date = t.day
       JOIN project_history h ON h.project_id = s.project_id AND h.valid_from <= end_of_day(t.day) AND (h.valid_to IS NULL OR h.valid_to > end_of_day(t.day))
       WHERE pg_temp.noted(s.project_id, t.day) IS DISTINCT FROM h.account || '/' || h.sales_representative $$,
    'days that are taken from history in any order note what history says of each');
SELECT is_empty(
    $$ SELECT FROM pipeline_data.snapshot_dimension one JOIN pipeline_data.snapshot_dimension other USING (project_id)
       WHERE one.first_day < other.first_day AND one.end_day > other.first_day $$, 'and no two hold on one day');

DELETE FROM pipeline_data.snapshot_dimension WHERE project_id LIKE 'R%';
DELETE FROM pipeline_forecast_snapshot_day WHERE snapshot_date < '2024-01-01';
SELECT count(create_pipeline_forecast_snapshot(day)) FROM (SELECT day FROM taken ORDER BY day) AS one \g /dev/null
SELECT cmp_ok((SELECT count(*) FROM vw_dim_project_of_day WHERE project_id LIKE 'R%'), '<=', (SELECT count(*) FROM project_history WHERE project_id LIKE 'R%'),
    'one after the other, in no more versions than history has');

-- What expired snapshots noted goes with them; what still holds stays.
SELECT cleanup_old_pipeline_forecast_snapshots(pipeline_today() - date '2023-03-01', true) \g /dev/null
SELECT is_empty($$ SELECT FROM vw_dim_project_of_day WHERE end_day <= '2023-03-01' $$, 'what expired snapshots noted is removed with them');
SELECT isnt_empty($$ SELECT FROM vw_dim_project_of_day WHERE first_day < '2023-03-01' $$, 'what still holds is kept');

SELECT * FROM finish();
ROLLBACK;
