-- Conversion statistics, compared with a plain restatement on random projects and on chosen ones.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(14);

CREATE FUNCTION pg_temp.pick(VARIADIC text[]) RETURNS text LANGUAGE sql VOLATILE
AS $$ SELECT $1[1 + floor(random() * cardinality($1))::integer] $$;

SELECT setseed(0.31) \g /dev/null
INSERT INTO projects (monday_id, item_name, account, type, category, product_type, pipeline_stage, gestation_period,
                      date_created, state)
SELECT
    'random ' || n, 'P', pg_temp.pick('Account 001', ' Account 001 ', 'Account 002', '', '  ', NULL),
    pg_temp.pick('New', 'New ', NULL), pg_temp.pick('Roof', ' '), pg_temp.pick('Flat', NULL),
    pg_temp.pick('Won - Closed (Invoiced)', 'Won - Open (Order Received)', 'Won Via Other Ref', 'Lost', 'Open Enquiry', 'Else', NULL),
    CASE WHEN random() < 0.7 THEN floor(random() * 300)::integer END,
    CASE WHEN random() < 0.9 THEN pipeline_today() - floor(random() * 3000)::integer END,
    pg_temp.pick('active', 'active', 'active', 'archived', 'deleted')
FROM generate_series(1, 5000) n;

-- The continuous percentile, from its definition: between the two neighbours of position (n - 1) * share.
CREATE FUNCTION pg_temp.percentile(sorted double precision[], share double precision) RETURNS double precision LANGUAGE sql AS $$
    SELECT sorted[floor(position)::integer + 1]
           + (position - floor(position)) * (sorted[ceil(position)::integer + 1] - sorted[floor(position)::integer + 1])
    FROM (SELECT (cardinality(sorted) - 1) * share AS position) p
$$;
CREATE FUNCTION pg_temp.restated(years integer) RETURNS TABLE (
    account text, type text, category text, product_type text, total bigint, won bigint, lost bigint, open bigint,
    win_rate numeric, closed_win_rate numeric, avg_gestation numeric, p25 numeric, p50 numeric, p75 numeric
) LANGUAGE sql STABLE AS $$
    SELECT a, t, c, pt, total, won, lost, total - won - lost, round(won / total::numeric, 3),
           CASE WHEN won + lost > 0 THEN round(won / (won + lost)::numeric, 3) END,
           round((SELECT avg(d)::numeric FROM unnest(days) d), 4),
           pg_temp.percentile(days, 0.25)::numeric, pg_temp.percentile(days, 0.5)::numeric, pg_temp.percentile(days, 0.75)::numeric
    FROM (
        SELECT CASE WHEN trim(account) <> '' THEN trim(account) END AS a, CASE WHEN trim(type) <> '' THEN trim(type) END AS t,
               CASE WHEN trim(category) <> '' THEN trim(category) END AS c,
               CASE WHEN trim(product_type) <> '' THEN trim(product_type) END AS pt,
               count(*) AS total,
               sum(CASE WHEN pipeline_stage = 'Won - Closed (Invoiced)' THEN 1 ELSE 0 END) AS won,
               sum(CASE WHEN pipeline_stage = 'Lost' THEN 1 ELSE 0 END) AS lost,
               array_agg(gestation_period::double precision ORDER BY gestation_period) FILTER (WHERE gestation_period > 0) AS days
        FROM projects
        WHERE state = 'active' AND date_created >= (now() AT TIME ZONE 'UTC')::date - make_interval(years => years)
        GROUP BY 1, 2, 3, 4
    ) g
$$;
CREATE FUNCTION pg_temp.shown(relation regclass) RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format(
        'SELECT account, type, category, product_type, total_projects, won_projects, lost_projects, open_projects, '
        'win_rate, closed_win_rate, avg_gestation, gestation_p25::numeric, median_gestation::numeric, gestation_p75::numeric FROM %s', relation);
END $$;

SELECT refresh_conversion_views() \g /dev/null
SELECT cmp_ok((SELECT count(*) FROM conversion_metrics), '>', 20::bigint, 'there are groups to compare');
SELECT set_eq(
    format($$ SELECT * FROM pg_temp.shown('%s') AS t (a text, t text, c text, p text, n bigint, w bigint, l bigint, o bigint,
              r numeric, cr numeric, g numeric, p25 numeric, p50 numeric, p75 numeric) $$, relation),
    format('SELECT * FROM pg_temp.restated(%s)', years), format('%s agrees with its restatement, %s years back', relation, years))
FROM (VALUES ('conversion_metrics', 5), ('conversion_metrics_recent', 2)) AS t (relation, years);
SELECT is((SELECT sum(total_projects) FROM conversion_metrics),
          (SELECT count(*)::numeric FROM projects WHERE state = 'active'
           AND date_created >= pipeline_today() - interval '5 years'), 'every project stands in one group');
SELECT is_empty($$ SELECT FROM conversion_metrics WHERE account = '' OR account <> trim(account) OR category = '' $$,
                'names are trimmed, and blank ones are NULL');

-- Chosen projects.
DELETE FROM projects;
INSERT INTO projects (monday_id, item_name, account, pipeline_stage, gestation_period, date_created) VALUES
    ('1', 'P', 'Account 003', 'Won - Closed (Invoiced)', 10, pipeline_today()),
    ('2', 'P', ' Account 003', 'Lost', 0, pipeline_today()),
    ('3', 'P', 'Account 003 ', 'Lost', NULL, pipeline_today()),
    ('4', 'P', 'Account 003', 'Won Via Other Ref', 20, pipeline_today() - 10),
    ('5', 'P', 'Account 004', 'Open Enquiry', NULL, pipeline_today()),
    ('6', 'P', 'Account 005', 'Lost', NULL, (pipeline_today() - interval '2 years')::date),
    ('7', 'P', 'Account 006', 'Lost', NULL, (pipeline_today() - interval '2 years')::date - 1),
    ('8', 'P', 'Account 007', 'Lost', NULL, (pipeline_today() - interval '5 years')::date),
    ('9', 'P', 'Account 008', 'Lost', NULL, (pipeline_today() - interval '5 years')::date - 1),
    ('10', 'P', 'Account 009', 'Lost', NULL, NULL);
SELECT refresh_conversion_views() \g /dev/null
SELECT is((SELECT format('%s: %s %s %s, %s %s, %s %s %s %s', total_projects, won_projects, lost_projects, open_projects,
                         win_rate, closed_win_rate, avg_gestation, gestation_p25, median_gestation, gestation_p75)
           FROM conversion_metrics WHERE account = 'Account 003'),
          '4: 1 2 1, 0.250 0.333, 15.0000 12.5 15 17.5', 'rates have three decimals; a duration of 0 or NULL does not count');
SELECT is((SELECT closed_win_rate FROM conversion_metrics WHERE account = 'Account 004'), NULL,
          'without a closed project there is no closed win rate');
SELECT is((SELECT median_gestation FROM conversion_metrics WHERE account = 'Account 004'), NULL,
          'without a duration there is no median');
SELECT is((SELECT closed_win_rate FROM conversion_metrics WHERE account = 'Account 005'), 0.000, 'only losses are a rate of 0');
SELECT bag_eq('SELECT account FROM conversion_metrics_recent',
              $$ VALUES ('Account 003'), ('Account 004'), ('Account 005') $$, 'two years back, that day included');
SELECT bag_eq('SELECT account FROM conversion_metrics',
              $$ VALUES ('Account 003'), ('Account 004'), ('Account 005'), ('Account 006'), ('Account 007') $$,
              'five years back, that day included; a project without a day of creation is left out');

-- What counts as a win is data.
UPDATE pipeline_stage SET outcome = 'won' WHERE stage = 'Won Via Other Ref';
SELECT refresh_conversion_views() \g /dev/null
SELECT is((SELECT format('%s %s', won_projects, closed_win_rate) FROM conversion_metrics WHERE account = 'Account 003'),
          '2 0.500', 'an edited outcome counts after the next refresh');
UPDATE projects SET pipeline_stage = 'Else' WHERE monday_id = '1';
SELECT refresh_conversion_views() \g /dev/null
SELECT is((SELECT format('%s %s', won_projects, open_projects) FROM conversion_metrics WHERE account = 'Account 003'),
          '1 1', 'a stage without a rule is open');
UPDATE projects SET state = 'deleted';
SELECT refresh_conversion_views() \g /dev/null
SELECT is_empty('SELECT FROM conversion_metrics', 'deleted projects do not count');

SELECT * FROM finish();
ROLLBACK;
