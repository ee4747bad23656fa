-- The analysis: what is stored and when, that one project and all get the same, the past, explanations, errors, rights.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(116);

-- Every change is stored; what is kept back otherwise is in tolerance.sql.
SELECT configure_pipeline('analysis_tolerance_percent', '0') \g /dev/null

\ir ../include/failure.sql

CREATE FUNCTION pg_temp.versions(project text) RETURNS bigint LANGUAGE sql AS
$$ SELECT count(*) FROM analysis_history WHERE project_id = project $$;
CREATE FUNCTION pg_temp.metric(project text, name text) RETURNS text LANGUAGE sql AS
$$ SELECT reasoning->'metrics_used'->>name FROM analysis_results WHERE project_id = project $$;
-- Everything of a stored analysis but when it was made.
CREATE VIEW pg_temp.stored AS
SELECT project_id, expected_gestation_days, gestation_confidence, expected_conversion_rate, conversion_confidence, rating_score,
       reasoning, adjustments, llm_model, llm_status, analysis_version, input_hash
FROM analysis_results;

-- Nothing to analyse.
SELECT is(analyze_projects(), 0, 'an empty pipeline has nothing to analyse');
SELECT is(analyze_projects(ARRAY[]::text[]), 0, 'and neither has an empty list');
SELECT is((SELECT count(*) FROM analysis_results), 0::bigint, 'so nothing is stored');

-- Twenty projects of one kind, created today: 5 won, 3 lost, 12 open; weights are all 1.
INSERT INTO projects (monday_id, item_name, account, type, category, product_type, pipeline_stage, new_enquiry_value,
                      gestation_period, date_created)
SELECT 'k' || lpad(n::text, 2, '0'), 'Kind ' || n, 'Account 001', 'New Build', 'Health', 'Flat',
       CASE WHEN n <= 5 THEN 'Won - Closed (Invoiced)' WHEN n <= 8 THEN 'Lost' ELSE 'Open Enquiry' END,
       n * 1000, CASE WHEN n <= 4 THEN n * 10 END, pipeline_today()
FROM generate_series(1, 20) n;

SELECT is((analyze_project('k09')).project_id, 'k09', 'one project is analysed and returned');
SELECT is((SELECT array_agg(project_id) FROM analysis_results), ARRAY['k09'], 'and no other');
SELECT is(analyze_projects(ARRAY['k10', 'k11', 'k10', 'k09']), 2, 'of a list, what is not stored yet is written, each once');
SELECT is((SELECT array_agg(project_id ORDER BY project_id) FROM analysis_results), ARRAY['k09', 'k10', 'k11'], 'and no other');
SELECT is(analyze_projects(), 17, 'all projects: the remaining ones are written');
SELECT is(analyze_projects(), 0, 'and nothing a second time');

-- What is stored: 20 projects, weighted like counted.
SELECT is((SELECT expected_conversion_rate FROM analysis_results WHERE project_id = 'k09'), round(6 / 22.0, 5), 'the inclusive rate, 5 decimals');
SELECT is((SELECT conversion_confidence FROM analysis_results WHERE project_id = 'k09'), 0.20, 'its confidence is n / 100');
SELECT is((SELECT expected_gestation_days FROM analysis_results WHERE project_id = 'k09'), 20, 'the weighted median');
SELECT is((SELECT gestation_confidence FROM analysis_results WHERE project_id = 'k09'),
          round((0.7 * 4 / 30.0 + 0.3 * (1 - sqrt(125) / 25))::numeric, 2), 'its confidence');
SELECT is((SELECT reasoning FROM analysis_results WHERE project_id = 'k09'), jsonb_build_object(
              'cluster', 'account = Account 001, type = New Build, category = Health, product_type = Flat',
              'metrics_used', jsonb_build_object(
                  'win_rate_inclusive', 0.27273, 'win_rate_closed', 0.60000, 'gestation_median', 20, 'gestation_p25', 10,
                  'gestation_p75', 30, 'segment_n', 20, 'tier', 1, 'wins', 5, 'losses', 3, 'open', 12, 'mean_value', 10500.00)),
          'the segment and its numbers');
SELECT is((SELECT reasoning->'metrics_used'->>'mean_value' FROM analysis_results WHERE project_id = 'k09'), '10500.00', 'money with two decimals');
SELECT is((SELECT adjustments FROM analysis_results WHERE project_id = 'k09'),
          (SELECT jsonb_build_object('baseline_rating', rating_score, 'rating_adjustment', 0) FROM analysis_results WHERE project_id = 'k09'),
          'the rating without and with adjustment');
SELECT results_eq($$ SELECT llm_model, llm_status, analysis_version, confidence_notes, special_factors, summary FROM analysis_results WHERE project_id = 'k09' $$,
    $$ VALUES ('numeric-baseline', 'none', 'v0.2', NULL::text, NULL::text, NULL::text) $$, 'made without a language model');
SELECT matches((SELECT input_hash FROM analysis_results WHERE project_id = 'k09'), '^[0-9a-f]{32}$', 'with a fingerprint of what went in');
SELECT ok((SELECT processing_time_ms >= 0 AND analysis_timestamp = now() FROM analysis_results WHERE project_id = 'k09'), 'and when and how long');
SELECT is((SELECT count(DISTINCT input_hash) FROM analysis_results), 20::bigint, 'projects of different values have different fingerprints');
SELECT is_empty(
    $$ SELECT project_id FROM analysis_results
       WHERE (rating_score BETWEEN 1 AND 100 AND gestation_confidence BETWEEN 0 AND 1) IS NOT TRUE $$, 'all in range');

-- When a row is rewritten.
UPDATE analysis_results SET analysis_timestamp = now() - interval '1 hour';
CREATE TEMP TABLE before_change AS SELECT a.ctid AS place, a.* FROM analysis_results a;
CREATE TEMP TABLE versions_before AS SELECT project_id, count(*) AS versions FROM analysis_history GROUP BY project_id;
CREATE FUNCTION pg_temp.rewritten() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(a.project_id, ' ' ORDER BY a.project_id) FROM analysis_results a JOIN before_change b USING (project_id) WHERE a.ctid <> b.place
$$;
SELECT is(analyze_projects() + analyze_projects(ARRAY['k01', 'k02']), 0, 'nothing changed: nothing is written');
SELECT is((analyze_project('k03')).analysis_timestamp, now() - interval '1 hour', 'and one project comes back as it is stored');
SELECT is(pg_temp.rewritten(), NULL, 'every row is where it was');
SELECT is_empty($$ SELECT project_id FROM versions_before WHERE versions <> pg_temp.versions(project_id) $$, 'and history too');
UPDATE projects SET item_name = 'Other', feedback = 'text', probability_percent = 50, total_order_value = 7 WHERE monday_id = 'k12';
SELECT is(analyze_projects(), 0, 'columns that no analysis reads change nothing');
UPDATE projects SET pipeline_stage = 'Check with IS' WHERE monday_id = 'k12';
SELECT is(analyze_projects(), 1, 'another stage with the same outcome is another input');
SELECT is(pg_temp.rewritten(), 'k12', 'of that project alone');
SELECT is((SELECT analysis_timestamp FROM analysis_results WHERE project_id = 'k12'), now(), 'whose time moves');
SELECT is((SELECT array_agg(DISTINCT analysis_timestamp) FROM analysis_results WHERE project_id <> 'k12'), ARRAY[now() - interval '1 hour'],
          'and no other');
SELECT is(pg_temp.versions('k12') - (SELECT versions FROM versions_before WHERE project_id = 'k12'), 1::bigint, 'its former row is in history');
SELECT is((SELECT (h.input_hash, h.analysis_timestamp) = (b.input_hash, b.analysis_timestamp) FROM before_change b
           JOIN LATERAL (SELECT * FROM analysis_history h WHERE h.project_id = b.project_id AND valid_to IS NOT NULL ORDER BY valid_from DESC LIMIT 1) h ON true
           WHERE b.project_id = 'k12'), true, 'as it was');
SELECT is((SELECT count(*) FROM analysis_history WHERE project_id = 'k12' AND valid_to IS NULL), 1::bigint, 'and one version is current');
-- k13 becomes dearer than all others: its own value, and the mean value of all.
UPDATE projects SET new_enquiry_value = 90000 WHERE monday_id = 'k13';
SELECT is(analyze_projects(), 20, 'a value changes the mean of the segment, hence every row of it');
SELECT is(pg_temp.metric('k01', 'mean_value'), '14350.00', 'to the new mean');
UPDATE projects SET pipeline_stage = 'Won - Closed (Invoiced)' WHERE monday_id = 'k14';
SELECT is((analyze_project('k20')).expected_conversion_rate, round(7 / 22.0, 5), 'another project''s outcome changes the rate of all');
SELECT is(analyze_projects(ARRAY['k18', 'k19', 'k20']), 2, 'of a list, the one that is done already is left alone');
SELECT is(analyze_projects(), 17, 'and the rest follows');
UPDATE projects SET account = 'Account 002' WHERE monday_id = 'k15';
SELECT is(analyze_projects(), 20, 'an account changes the segment of both sides');
SELECT is(pg_temp.metric('k15', 'tier') || ' ' || pg_temp.metric('k15', 'segment_n') || ' ' || pg_temp.metric('k01', 'segment_n'), '2 20 19',
          'tier 2 for one, a smaller tier 1 for the others');
UPDATE projects SET account = 'Account 001' WHERE monday_id = 'k15';
SELECT analyze_projects() \g /dev/null
UPDATE projects SET state = 'archived' WHERE monday_id = 'k16';
SELECT is(analyze_projects(), 19, 'an archived project is not analysed');
SELECT is(pg_temp.metric('k01', 'segment_n'), '19', 'and compared with by none');
UPDATE projects SET state = 'active' WHERE monday_id = 'k16';
SELECT is(analyze_projects(), 19, 'when it comes back, only its own row is as it was');

-- The fields of an explanation live as long as the numbers that it explains.
SELECT analyze_projects() \g /dev/null
UPDATE analysis_results SET llm_model = 'model', llm_status = 'ok', summary = 'Summary', confidence_notes = 'Notes', special_factors = 'Factors',
    rating_score = least(100, rating_score + 3), adjustments = adjustments || '{"rating_adjustment": 3}',
    reasoning = reasoning || '{"gestation": "Text", "conversion": "Text", "rating": "Text"}';
CREATE TEMP TABLE explained AS SELECT * FROM analysis_results;
SELECT is(analyze_projects(), 0, 'an explanation is no reason to analyse again');
UPDATE projects SET pipeline_stage = 'Check with IS' WHERE monday_id = 'k17';
SELECT is(analyze_projects(), 1, 'an input changes, the numbers do not');
SELECT results_eq(
    $$ SELECT llm_model, summary, confidence_notes, special_factors, rating_score, adjustments, reasoning FROM analysis_results WHERE project_id = 'k17' $$,
    $$ SELECT llm_model, summary, confidence_notes, special_factors, rating_score, adjustments, reasoning FROM explained WHERE project_id = 'k17' $$,
    'the explanation stays');
SELECT is((SELECT llm_status || ' ' || (input_hash <> (SELECT input_hash FROM explained WHERE project_id = 'k17'))::text FROM analysis_results WHERE project_id = 'k17'),
          'ok true', 'and still explains them');
UPDATE projects SET gestation_period = 50 WHERE monday_id = 'k17';
SELECT is(analyze_projects(), 20, 'numbers change');
SELECT is_empty($$ SELECT project_id FROM analysis_results
    WHERE (llm_model, llm_status) <> ('numeric-baseline', 'none') OR summary IS NOT NULL OR confidence_notes IS NOT NULL OR special_factors IS NOT NULL
       OR reasoning ? 'rating' OR adjustments->>'rating_adjustment' <> '0' OR rating_score <> (adjustments->>'baseline_rating')::integer $$,
    'the explanation is gone, and its adjustment');
SELECT is((SELECT summary FROM analysis_history WHERE project_id = 'k01' AND valid_to IS NOT NULL ORDER BY valid_from DESC LIMIT 1), 'Summary',
          'history keeps it');

-- The forecast takes the rates.
SELECT results_eq($$ SELECT probability_source, probability, expected_gestation_days FROM vw_pipeline_forecast_project_v1 WHERE project_id = 'k18' $$,
    $$ SELECT 'model', expected_conversion_rate, expected_gestation_days FROM analysis_results WHERE project_id = 'k18' $$, 'the forecast takes rate and days');

-- Stage rules decide what counts as won and lost.
SELECT is(pg_temp.metric('k01', 'losses'), '3', 'with its rule, a stage is lost');
DELETE FROM pipeline_stage WHERE stage = 'Lost';
SELECT is(analyze_projects(), 20, 'without, the analysis changes');
SELECT is(pg_temp.metric('k01', 'losses') || ' ' || pg_temp.metric('k01', 'open'), '0 14', 'and it counts as open');

-- A few hundred projects in segments of every width, some with fields, dates and values missing.
DELETE FROM projects;
SELECT setseed(0.25);
INSERT INTO projects (monday_id, item_name, account, type, category, product_type, pipeline_stage, new_enquiry_value, gestation_period, date_created)
SELECT
    'r' || n, 'Random ' || n,
    CASE WHEN n % 11 = 0 THEN NULL WHEN n % 13 = 0 THEN '' ELSE 'Account ' || floor(random() * random() * 8) END,
    CASE WHEN n % 17 = 0 THEN NULL WHEN n % 23 = 0 THEN 'Rare ' || n ELSE (ARRAY['New Build', 'Extension'])[ceil(random() * 2)] END,
    CASE WHEN n % 19 = 0 THEN NULL WHEN n % 29 = 0 THEN 'Rare ' || n ELSE (ARRAY['Health', 'Retail', 'health'])[ceil(random() * 3)] END,
    CASE WHEN n % 7 = 0 THEN NULL WHEN n % 9 = 0 THEN 'Rare ' || n ELSE (ARRAY['Flat', 'Flat, Green'])[ceil(random() * 2)] END,
    (ARRAY['Won - Closed (Invoiced)', 'Lost', 'Open Enquiry', 'Won - Open (Order Received)', 'Unheard of', NULL])[ceil(random() * 6)],
    CASE WHEN n % 5 > 0 THEN round((random() * random() * 200000)::numeric, 2) WHEN n % 2 = 0 THEN 0 END,
    CASE WHEN n % 3 > 0 THEN floor(random() * 60) * 20 END,
    CASE WHEN n % 31 > 0 THEN pipeline_today() - floor(random() * 2200)::integer END
FROM generate_series(1, 400) n;
UPDATE projects SET account = NULL, type = NULL, category = NULL, product_type = NULL WHERE monday_id IN ('r1', 'r2');
UPDATE projects SET type = '' WHERE monday_id = 'r3';
SELECT is(analyze_projects(), 400, 'all projects are analysed, also those that belong to no segment themselves');
CREATE TEMP TABLE all_at_once AS SELECT * FROM pg_temp.stored;
SELECT is((SELECT array_agg(DISTINCT (reasoning->'metrics_used'->>'tier')::integer) FROM all_at_once), ARRAY[1, 2, 3, 4, 5], 'in all tiers');
SELECT is((SELECT string_agg((reasoning->'metrics_used'->>'tier') || ' ' || (reasoning->>'cluster'), ', ') FROM all_at_once WHERE project_id IN ('r1', 'r2')),
          '1 global, 1 global', 'a project with nothing set is in tier 1 of everything');
SELECT is(pg_temp.metric('r1', 'segment_n'),
          (SELECT count(*)::text FROM projects WHERE date_created >= pipeline_today() - 1825), 'everything is what the look-back holds');
SELECT matches((SELECT reasoning->>'cluster' FROM all_at_once JOIN projects ON monday_id = project_id
                WHERE account IS NULL AND (reasoning->'metrics_used'->>'tier') = '1' AND type IS NOT NULL AND category IS NOT NULL AND product_type IS NOT NULL LIMIT 1),
               '^type = [^,]+, category = [^,]+, product_type = ', 'a missing field is dropped from the filter and the tier keeps its number');
SELECT is_empty($$ SELECT project_id FROM all_at_once a JOIN projects p ON monday_id = project_id
    WHERE (reasoning->'metrics_used'->>'segment_n')::bigint <> (
        SELECT count(*) FROM projects s
        WHERE s.date_created >= pipeline_today() - 1825
          AND (a.reasoning->>'cluster' NOT LIKE '%account = %' OR s.account = p.account)
          AND (a.reasoning->>'cluster' !~ '(^|, )type = ' OR s.type = p.type)
          AND (a.reasoning->>'cluster' NOT LIKE '%category = %' OR s.category = p.category)
          AND (a.reasoning->>'cluster' NOT LIKE '%product_type = %' OR s.product_type = p.product_type)) $$,
    'each segment is what its description says');
DELETE FROM analysis_results;
SELECT is((SELECT count((analyze_project(monday_id)).project_id) FROM projects), 400::bigint, 'each project is analysed alone');
SELECT results_eq('SELECT * FROM pg_temp.stored ORDER BY project_id', 'SELECT * FROM all_at_once ORDER BY project_id', 'with the same result');
DELETE FROM analysis_results;
SELECT is((SELECT analyze_projects(array_agg(monday_id ORDER BY md5(monday_id))) FROM projects WHERE monday_id > 'r2'),
          (SELECT count(*)::integer FROM projects WHERE monday_id > 'r2'), 'and a part of them');
SELECT is_empty('SELECT * FROM pg_temp.stored EXCEPT ALL SELECT * FROM all_at_once', 'with the same result again');
SELECT analyze_projects() \g /dev/null

-- Explanations: the sums can be redone from what they print.
CREATE TEMP TABLE explanation AS
SELECT p.monday_id AS project_id, e.* FROM projects p CROSS JOIN LATERAL explain_analysis(p.monday_id) WITH ORDINALITY AS e;
CREATE TEMP TABLE explained_value AS
SELECT a.*, e.* FROM analysis_results a
JOIN LATERAL (
    SELECT jsonb_object_agg(step, x.value) AS v, jsonb_object_agg(step, x.detail) AS d FROM explanation x WHERE x.project_id = a.project_id
) e ON true;
SELECT is((SELECT string_agg(step, ' ' ORDER BY ordinality) FROM explanation WHERE project_id = 'r5'),
    'segment time_weights outcomes conversion_rate conversion_confidence closed_conversion_rate gestation_days gestation_confidence value_band '
    'conversion_score gestation_score value_score account_score product_type_score weighted_sum bonus final_value rating forecast_probability', 'the steps come in order');
SELECT is_empty('SELECT project_id, step FROM explanation WHERE detail IS NULL OR value IS NULL', 'each with a detail and a value');
SELECT is_empty($$ SELECT project_id FROM explained_value WHERE (v->>'rating')::integer IS DISTINCT FROM rating_score
    OR (v->>'conversion_rate')::numeric IS DISTINCT FROM expected_conversion_rate OR (v->>'conversion_confidence')::numeric IS DISTINCT FROM conversion_confidence
    OR (v->>'gestation_days') IS DISTINCT FROM coalesce(expected_gestation_days || ' days', 'unknown')
    OR (v->>'gestation_confidence')::numeric IS DISTINCT FROM gestation_confidence
    OR (v->>'segment') IS DISTINCT FROM (reasoning->'metrics_used'->>'segment_n') || ' projects'
    OR (v->>'closed_conversion_rate') IS DISTINCT FROM coalesce(reasoning->'metrics_used'->>'win_rate_closed', 'unknown')
    OR (v->>'value_band') IS DISTINCT FROM (SELECT value_band FROM projects WHERE monday_id = project_id) $$,
    'the explanation ends in what is stored');
SELECT is_empty($$ SELECT project_id FROM explained_value WHERE (d->>'segment') IS DISTINCT FROM
    format('tier %s: %s; the narrowest with at least 15 projects created in the last 1825 days, else all of these',
           reasoning->'metrics_used'->>'tier', coalesce(nullif(reasoning->>'cluster', 'global'), 'all projects')) $$,
    'and begins with the segment');
SELECT is_empty($$ SELECT project_id FROM explained_value
    WHERE abs(0.30 * (v->>'conversion_score')::numeric + 0.43 * (v->>'value_score')::numeric + 0.18 * (v->>'gestation_score')::numeric
              + 0.06 * (v->>'account_score')::numeric + 0.03 * (v->>'product_type_score')::numeric - (v->>'weighted_sum')::numeric) > 0.00101 $$,
    'the weighted sum is the sum of its scores');
SELECT is_empty($$ SELECT project_id FROM explained_value
    WHERE (d->>'weighted_sum') <> format('0.30 * %s + 0.43 * %s + 0.18 * %s + 0.06 * %s + 0.03 * %s', v->>'conversion_score', v->>'value_score',
                                         v->>'gestation_score', v->>'account_score', v->>'product_type_score') $$, 'and is printed as one');
SELECT is_empty($$ SELECT project_id FROM (
        SELECT project_id, (v->>'final_value')::numeric AS final_value, least(
            greatest(0, least(1, (v->>'weighted_sum')::numeric + (v->>'bonus')::numeric)), coalesce(substring(d->>'final_value' FROM 'at most ([0-9.]+)')::numeric, 1)) AS x
        FROM explained_value) s
    WHERE abs(final_value - CASE WHEN x > 0.7 THEN least(1, 0.7 + 1.3 * (x - 0.7)) ELSE x END) > 0.002 $$, 'the final value is sum and bonus, limited and stretched');
SELECT is_empty($$ SELECT project_id FROM explained_value WHERE abs(98 * (v->>'final_value')::numeric + 2 - rating_score) > 0.56 $$,
    'and the rating follows from it');
SELECT cmp_ok((SELECT count(DISTINCT v->>'bonus') FROM explained_value), '>=', 3::bigint, 'bonuses of several kinds were among them');

CREATE TEMP TABLE statistics AS SELECT project_id, segment_statistics(project_id) AS s, reasoning->'metrics_used' AS m FROM analysis_results;
SELECT is_empty($$ SELECT project_id FROM statistics WHERE (s->'tier', s->'segment_n', s->'wins', s->'losses', s->'open', s->'mean_value')
    IS DISTINCT FROM (m->'tier', m->'segment_n', m->'wins', m->'losses', m->'open', m->'mean_value') $$, 'segment statistics agree with what is stored');
SELECT is_empty($$ SELECT project_id FROM statistics
    WHERE round((s->'inclusive'->>'rate')::numeric, 5) IS DISTINCT FROM (m->>'win_rate_inclusive')::numeric
       OR round((s->'closed_only'->>'rate')::numeric, 5) IS DISTINCT FROM (m->>'win_rate_closed')::numeric
       OR (s->'gestation'->'median') IS DISTINCT FROM (m->'gestation_median') OR (s->'gestation'->'p25') IS DISTINCT FROM (m->'gestation_p25') $$,
    'in rates and durations too');
SELECT is_empty($$ SELECT project_id FROM statistics
    WHERE abs((s->>'weighted_wins')::numeric + (s->>'weighted_losses')::numeric + (s->>'weighted_open')::numeric - (s->>'segment_n')::numeric) > 0.02
       OR (s->>'wins')::integer + (s->>'losses')::integer + (s->>'open')::integer <> (s->>'total')::integer $$, 'weights sum up to the number of projects');
SELECT is_empty($$ SELECT project_id FROM statistics JOIN analysis_results USING (project_id)
    WHERE coalesce(nullif((SELECT string_agg(name || ' = ' || (s->'filter'->>name), ', ' ORDER BY position)
                           FROM unnest(ARRAY['account', 'type', 'category', 'product_type']) WITH ORDINALITY AS f (name, position) WHERE s->'filter' ? name), ''), 'global')
          <> reasoning->>'cluster' $$, 'and the filter is the one described');

-- As of another moment: only the clock of look-back and weights moves, where history does not reach.
DELETE FROM projects;
INSERT INTO projects (monday_id, item_name, pipeline_stage, date_created)
SELECT 'd' || n, 'Dated', 'Open Enquiry', date '2020-01-01' FROM generate_series(1, 20) n;
SELECT analyze_project('d1', '2024-12-30 00:00Z') \g /dev/null
SELECT is(pg_temp.metric('d1', 'segment_n'), '20', 'the look-back of 1825 days holds its first day');
SELECT analyze_project('d1', '2024-12-30 23:59:59Z') \g /dev/null
SELECT is(pg_temp.metric('d1', 'segment_n'), '20', 'to the last second of the day');
SELECT analyze_project('d1', '2024-12-31 00:00Z') \g /dev/null
SELECT is(pg_temp.metric('d1', 'segment_n') || ' ' || pg_temp.metric('d1', 'tier'), '0 5', 'and no day more');
SELECT is((SELECT expected_conversion_rate FROM analysis_results WHERE project_id = 'd1'), 0.50000, 'an empty segment leaves the rate at one half');
SELECT is(analyze_projects(as_of => '1950-06-01Z'), 20, 'before any data, all projects lie ahead');
SELECT is(pg_temp.metric('d1', 'segment_n'), '20', 'within the look-back');

-- Where history reaches, the past is read from it.
UPDATE project_history SET valid_from = now() - interval '3 days' WHERE project_id LIKE 'd%' AND valid_to IS NULL;
UPDATE pipeline_stage_history SET valid_from = now() - interval '3 days' WHERE valid_to IS NULL;
UPDATE projects SET date_created = pipeline_today() - 100;
UPDATE project_history SET valid_to = now() - interval '1 day' WHERE project_id LIKE 'd%' AND valid_to IS NOT NULL AND state = 'active' AND date_created = '2020-01-01';
UPDATE project_history SET valid_from = now() - interval '1 day' WHERE project_id LIKE 'd%' AND valid_to IS NULL;
UPDATE projects SET pipeline_stage = 'Won - Closed (Invoiced)', type = 'Later', new_enquiry_value = 5;
SELECT is((analyze_project('d2')).expected_conversion_rate, round(21 / 22.0, 5), 'at present all are won');
SELECT is((analyze_project('d2', now() - interval '12 hours')).expected_conversion_rate, round(1 / 22.0, 5), 'twelve hours ago none was');
SELECT is((SELECT reasoning->>'cluster' FROM analysis_results WHERE project_id = 'd2'), 'global', 'and none had a type');
SELECT is(segment_statistics('d2', now() - interval '12 hours')->>'wins' || ' ' || (segment_statistics('d2')->>'wins'), '0 20',
          'statistics read the past alike');
SELECT is((analyze_project('d2', now() - interval '2 days')).reasoning->'metrics_used'->>'segment_n', '0', 'two days ago all were too old');
DELETE FROM projects WHERE monday_id = 'd3';
DELETE FROM analysis_results;
SELECT is(analyze_projects(as_of => now() - interval '12 hours'), 19, 'a removed project is not stored, even if the past has it');
SELECT is(pg_temp.metric('d1', 'segment_n'), '20', 'but the past compares with it');
SELECT is(pg_temp.failure($$ SELECT analyze_project('d3', now() - interval '12 hours') $$),
    'P0002: unknown project "d3"; Name the monday_id of an active project; archived and deleted projects are not analysed.', 'and it cannot be asked for');

-- Errors.
SELECT is(pg_temp.failure(format('SELECT * FROM %s', call)),
    'P0002: unknown project "it''s new"; Name the monday_id of an active project; archived and deleted projects are not analysed.', call)
FROM unnest(ARRAY['analyze_project(''it''''s new'')', 'analyze_projects(ARRAY[''it''''s new''])', 'analyze_projects(ARRAY[''d1'', ''it''''s new''])',
                  'explain_analysis(''it''''s new'')', 'segment_statistics(''it''''s new'')']) call;
UPDATE projects SET state = 'archived' WHERE monday_id = 'd4';
SELECT matches(pg_temp.failure($$ SELECT analyze_project('d4') $$), '^P0002: unknown project "d4"; ', 'an archived project is unknown');
SELECT matches(pg_temp.failure('SELECT analyze_project(NULL)'), '^P0002: unknown project ""; ', 'and so is none');
UPDATE projects SET new_enquiry_value = -1 WHERE monday_id = 'd5';
SELECT is(pg_temp.failure(format('SELECT %s', call)),
    '22023: new_enquiry_value of project "d5" is negative; An enquiry value is zero or more; store NULL where it is unknown.', call)
FROM unnest(ARRAY['analyze_project(''d5'')', 'analyze_projects(ARRAY[''d6'', ''d5''])', 'explain_analysis(''d5'')']) call;
DELETE FROM analysis_results;
SET LOCAL client_min_messages = error;
SELECT is(analyze_projects(), 17, 'all others are analysed in spite of it');
SELECT is((SELECT count(*) FROM analysis_results WHERE project_id IN ('d4', 'd5')), 0::bigint, 'and it is left out');
ALTER TABLE projects DISABLE TRIGGER USER;
UPDATE projects SET gestation_period = -7 WHERE monday_id = 'd6';
ALTER TABLE projects ENABLE TRIGGER USER;
SELECT is(pg_temp.failure($$ SELECT analyze_project('d6') $$),
    '22023: gestation_period of project "d6" is negative; A duration is zero or more; store NULL where it is unknown.', 'a duration is not negative either');
SELECT is(pg_temp.failure($$ SELECT analyze_projects(ARRAY['d1', NULL]) $$),
    '22004: project_ids must not hold nulls; Leave an argument out to analyse every project as of now.', 'a null among the projects is refused');
SELECT is(pg_temp.failure($$ SELECT analyze_projects(NULL, NULL) $$),
    '22004: as_of must not be null; Leave an argument out to analyse every project as of now.', 'a null moment is refused');
SELECT is(pg_temp.failure(format('SELECT * FROM %s', call)), '22008: as_of must be a finite moment; Leave the argument out to analyse as of now.', call)
FROM unnest(ARRAY['analyze_projects(NULL, ''infinity'')', 'analyze_project(''d1'', ''-infinity'')', 'explain_analysis(''d1'', ''infinity'')',
                  'segment_statistics(''d1'', ''-infinity'')']) call;
SAVEPOINT older;
UPDATE pipeline_schema_version SET version = version + 1000 WHERE version = (SELECT max(version) FROM pipeline_schema_version);
SELECT matches(pg_temp.failure(format('SELECT * FROM %s', call)), '^55000: ', call || ' wants the layout that it knows')
FROM unnest(ARRAY['analyze_projects()', 'analyze_project(''d1'')', 'explain_analysis(''d1'')', 'segment_statistics(''d1'')']) call;
ROLLBACK TO older;

-- Rights.
SELECT is_empty($$ SELECT p.oid::regprocedure FROM pg_proc p
    WHERE p.proname IN ('analyze_project', 'analyze_projects', 'explain_analysis', 'segment_statistics', 'compute_analyses', 'compute_few_analyses', 'analysis_detail')
      AND has_function_privilege('public', p.oid, 'EXECUTE') AND has_schema_privilege('public', p.pronamespace, 'USAGE') $$, 'nobody may analyse who was not granted it');
SELECT is((SELECT count(*) FROM pg_proc WHERE proname IN ('analyze_project', 'analyze_projects', 'explain_analysis', 'segment_statistics')
           AND obj_description(oid, 'pg_proc') IS NOT NULL), 4::bigint, 'each public function has a comment');

SELECT * FROM finish();
ROLLBACK;
