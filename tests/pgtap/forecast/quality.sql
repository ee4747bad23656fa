-- What the forecast rests on: what is not known of open projects is counted with its money, and judged.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(33);

CREATE FUNCTION pg_temp.month(offset_months integer) RETURNS date LANGUAGE sql STABLE
AS $$ SELECT (pipeline_forecast_month(pipeline_today()) + make_interval(months => offset_months))::date $$;
-- One finding in a line.
CREATE FUNCTION pg_temp.found(wanted text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT format('%s projects %s, %s of contract %s, %s of expected %s', project_count, project_share, contract_share,
                  contract_value, expected_share, expected_value)
    FROM vw_forecast_quality WHERE finding = wanted
$$;

SELECT results_eq('SELECT state, verdict, project_count, detail FROM vw_forecast_quality_verdict',
    $$ VALUES ('ok', 'There is no open project.', 0::bigint, NULL::text) $$, 'without projects there is nothing to say');
SELECT results_eq('SELECT finding, project_count, project_share FROM vw_forecast_quality ORDER BY sort_order',
    $$ SELECT finding, 0::bigint, NULL::numeric FROM forecast_findings() ORDER BY sort_order $$, 'and each finding is there with none');

-- Of all 10,000 that are open.
INSERT INTO pipeline_stage (stage, stage_bucket, default_probability, default_spread, outcome) VALUES
    ('Angebot', 'Open', 0.4, 0.1, 'open'), ('Auftrag', 'Committed', 1, NULL, 'open'),
    ('Bezahlt', 'Committed', 1, NULL, 'won'), ('Verloren', 'Lost', 0, NULL, 'lost');
INSERT INTO projects (monday_id, item_name, pipeline_stage, new_enquiry_value, probability_percent, follow_up_date, date_created) VALUES
    ('sound', 'P', 'Angebot', 6000, 50, pg_temp.month(1), NULL),
    ('ordered', 'P', 'Auftrag', 1000, NULL, pg_temp.month(2), NULL),
    ('of no value', 'P', 'Angebot', 0, 50, pg_temp.month(1), NULL),
    ('undated', 'P', 'Angebot', 500, 50, NULL, NULL),
    ('as of its creation', 'P', 'Angebot', 400, 50, NULL, pg_temp.month(0)),
    ('nobody said how likely', 'P', 'Angebot', 1000, NULL, pg_temp.month(1), NULL),
    ('no stage', 'P', NULL, 300, 50, pg_temp.month(1), NULL),
    ('blank stage', 'P', ' ', 200, 50, pg_temp.month(1), NULL),
    ('foreign stage', 'P', 'Verhandlung', 400, NULL, pg_temp.month(1), NULL),
    ('by the other rule', 'P', '(any other)', 100, 20, pg_temp.month(1), NULL),
    ('late', 'P', 'Angebot', 100, 50, pg_temp.month(-1), NULL),
    ('won', 'P', 'Bezahlt', 0, NULL, NULL, NULL),
    ('lost', 'P', 'Verloren', 0, NULL, NULL, NULL);
INSERT INTO projects (monday_id, item_name, pipeline_stage, state) VALUES ('gone', 'P', NULL, 'archived');

SELECT is(pg_temp.found('open_projects'), '11 projects 1.0000, 1.0000 of contract 10000.00, 1.0000 of expected 5370.00',
          'the whole: neither won nor lost nor gone');
SELECT is(pg_temp.found(finding), expected, finding) FROM (VALUES
    ('no_value', '1 projects 0.0909, 0.0000 of contract 0.00, 0.0000 of expected 0.00'),
    ('no_date', '1 projects 0.0909, 0.0500 of contract 500.00, 0.0466 of expected 250.00'),
    ('no_planned_date', '1 projects 0.0909, 0.0400 of contract 400.00, 0.0372 of expected 200.00'),
    ('no_probability', '2 projects 0.1818, 0.1400 of contract 1400.00, 0.1117 of expected 600.00'),
    ('no_stage', '2 projects 0.1818, 0.0500 of contract 500.00, 0.0466 of expected 250.00'),
    ('stage_without_rule', '1 projects 0.0909, 0.0400 of contract 400.00, 0.0372 of expected 200.00'),
    ('no_link', '0 projects 0.0000, 0.0000 of contract 0.00, 0.0000 of expected 0.00'),
    ('past_due', '1 projects 0.0909, 0.0100 of contract 100.00, 0.0093 of expected 50.00'),
    ('guessed', '6 projects 0.5455, 0.2800 of contract 2800.00, 0.2421 of expected 1300.00')) AS t (finding, expected);
SELECT set_eq('SELECT project_id, finding FROM vw_forecast_quality_projects',
    $$ VALUES ('of no value', 'no_value'), ('undated', 'no_date'), ('as of its creation', 'no_planned_date'),
              ('nobody said how likely', 'no_probability'), ('foreign stage', 'no_probability'), ('no stage', 'no_stage'),
              ('blank stage', 'no_stage'), ('foreign stage', 'stage_without_rule'), ('late', 'past_due') $$, 'the projects by name');
SELECT results_eq('SELECT state, verdict, guessed_value, guessed_share FROM vw_forecast_quality_verdict',
    $$ VALUES ('warn', '28.00 % of the forecast is a guess.', 1300.00, 0.2421) $$, 'more than a tenth is worth a look');
SELECT is((SELECT split_part(detail, E'\n', 2) FROM vw_forecast_quality_verdict),
          '1 of 11 open projects without any date: forecast for today (5.00 % of the value)', 'a line says what and how much');
SELECT is((SELECT array_length(string_to_array(detail, E'\n'), 1) FROM vw_forecast_quality_verdict), 7, 'a line for each finding that there is');

-- An analysis is worth as much as it has to go by.
INSERT INTO analysis_results (project_id, expected_gestation_days, expected_conversion_rate, conversion_confidence)
VALUES ('nobody said how likely', NULL, 0.5, 0.14), ('as of its creation', 10, 0.5, 0.14);
SELECT is(pg_temp.found('no_probability'), '2 projects 0.1818, 0.1400 of contract 1400.00, 0.1280 of expected 700.00', 'one of next to nothing tells no probability');
SELECT is(pg_temp.found('no_planned_date'), '0 projects 0.0000, 0.0000 of contract 0.00, 0.0000 of expected 0.00', 'a duration tells a date');
UPDATE analysis_results SET conversion_confidence = 0.15;
SELECT is((SELECT project_count FROM vw_forecast_quality WHERE finding = 'no_probability'), 1::bigint, 'one of more does');

-- Links count where there is a hidden board.
INSERT INTO monday_board (board_id, role, name, parent_board_id) VALUES ('8', 'parent', 'B', NULL), ('9', 'hidden', 'H', '8');
UPDATE projects SET board_id = '8' WHERE monday_id IN ('sound', 'ordered', 'late');
INSERT INTO subitems (monday_id, item_name, parent_monday_id, hidden_item_id, link_method, state) VALUES
    ('s1', 'S', 'sound', NULL, 'none', 'active'), ('s2', 'S', 'sound', '77', 'exact_name', 'active'), ('s3', 'S', 'late', '78', 'exact_name', 'deleted');
SELECT set_eq($$ SELECT project_id FROM vw_forecast_quality_projects WHERE finding = 'no_link' $$, ARRAY['ordered', 'late'],
              'without a link: no subitem that is there is linked');

-- Stages without a rule, and what adds one.
SELECT results_eq('SELECT pipeline_stage, project_count, contract_value, expected_value FROM vw_stages_without_rule',
                  $$ VALUES ('Verhandlung', 1::bigint, 400.00, 200.00) $$, 'a stage without a rule with its money');
SELECT results_eq('SELECT statement, reason FROM vw_stages_without_rule',
    $$ VALUES ('INSERT INTO pipeline.pipeline_stage (stage, stage_bucket, default_probability, default_spread, outcome) VALUES (''Verhandlung'', ''Open'', 0.7, 0.15, ''open'');',
               'a word for a step of a sale') $$, 'and the statement that adds a rule, by its words');
DO $$ BEGIN EXECUTE (SELECT statement FROM vw_stages_without_rule); END $$;
SELECT is_empty('SELECT FROM vw_stages_without_rule', 'its statement adds the rule');
SELECT is((SELECT project_count FROM vw_forecast_quality WHERE finding = 'stage_without_rule'), 0::bigint, 'and then nothing is missing');

INSERT INTO projects (monday_id, item_name, pipeline_stage) VALUES ('odd 1', 'P', 'Perdu'), ('odd 2', 'P', 'Zwischenstand 7b'), ('odd 3', 'P', 'Сделка успешна');
SELECT results_eq('SELECT pipeline_stage, stage_bucket, default_probability, outcome, reason, statement FROM vw_stages_without_rule ORDER BY 1',
    'SELECT stage, stage_bucket, default_probability, outcome, reason, statement FROM stage_rules_to_add() ORDER BY 1', 'wherever a rule is proposed it is the same');
SELECT results_eq($$ SELECT s->>'stage', s->>'outcome', s->>'statement' FROM jsonb_array_elements(stages_to_decide()) AS s ORDER BY 1 $$,
    'SELECT pipeline_stage, outcome, statement FROM vw_stages_without_rule ORDER BY 1', 'after an import, too');
SELECT is((SELECT outcome || ', ' || reason FROM vw_stages_without_rule WHERE pipeline_stage = 'Сделка успешна'), 'won, label of Bitrix24 deals', 'a known program''s label means what that program means');
DELETE FROM projects WHERE monday_id = 'odd 3';
SELECT results_eq('SELECT pipeline_stage, statement FROM vw_stages_without_rule ORDER BY 1',
    $$ SELECT stage, format('INSERT INTO pipeline.pipeline_stage (stage, stage_bucket, default_probability, default_spread, outcome) VALUES (%L, %s);', stage, rule)
       FROM (VALUES ('Perdu', '''Lost'', 0, NULL, ''lost'''), ('Zwischenstand 7b', '''Open'', 0.5, 0.15, ''open''')) AS t (stage, rule) $$,
    'lost by its word, and what no word is known of as it is forecast today');
DO $$ DECLARE s text; BEGIN FOR s IN SELECT statement FROM vw_stages_without_rule LOOP EXECUTE s; END LOOP; END $$;
SELECT is_empty('SELECT FROM vw_stages_without_rule', 'each statement can be run');
DELETE FROM projects WHERE monday_id LIKE 'odd%';

-- Most is a guess.
UPDATE projects SET probability_percent = NULL WHERE monday_id = 'sound';
SELECT results_eq('SELECT state, verdict FROM vw_forecast_quality_verdict',
                  $$ VALUES ('bad', '74.00 % of the forecast is a guess.') $$, 'half of the money is too much');
UPDATE projects SET new_enquiry_value = NULL WHERE monday_id NOT IN ('sound', 'ordered');
SELECT results_eq('SELECT state, verdict FROM vw_forecast_quality_verdict',
                  $$ VALUES ('bad', '85.71 % of the forecast is a guess.') $$, 'the greater of the two is told');
UPDATE projects SET probability_percent = 50 WHERE monday_id = 'sound';
SELECT results_eq('SELECT state, verdict FROM vw_forecast_quality_verdict',
                  $$ VALUES ('bad', '81.82 % of the open projects have no value: the forecast misses them.') $$, 'so is half of the projects without a value');

-- Whoever reads reports reads this.
CREATE ROLE some_reader;
SELECT grant_forecast_reader('some_reader') \g /dev/null
SET LOCAL ROLE some_reader;
SELECT is((SELECT count(*) FROM vw_forecast_quality) + (SELECT count(*) FROM vw_forecast_quality_verdict)
          + (SELECT count(*) FROM vw_forecast_quality_projects) + (SELECT count(*) FROM vw_stages_without_rule), 27::bigint, 'a reader reads it');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
