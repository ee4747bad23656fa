-- History: which changes make a version, how versions follow each other, and what is refused to keep them whole.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(62);

\ir ../include/failure.sql

-- The values of a project's versions, oldest first; * marks the current one.
CREATE FUNCTION pg_temp.versions(project text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(CASE WHEN state = 'active' THEN coalesce(new_enquiry_value::text, 'NULL') ELSE state END
                      || CASE WHEN valid_to IS NULL THEN '*' ELSE '' END, ' ' ORDER BY valid_from)
    FROM project_history WHERE project_id = project
$$;
CREATE FUNCTION pg_temp.rates(project text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(expected_conversion_rate || CASE WHEN valid_to IS NULL THEN '*' ELSE '' END, ' ' ORDER BY valid_from)
    FROM analysis_history WHERE project_id = project
$$;
CREATE VIEW pg_temp.broken AS
SELECT project_id FROM (
    SELECT project_id, valid_to, lead(valid_from) OVER (PARTITION BY project_id ORDER BY valid_from) AS next_from
    FROM project_history) h
WHERE valid_to IS DISTINCT FROM next_from;

-- Projects.
INSERT INTO projects (monday_id, item_name, new_enquiry_value) VALUES ('a', 'P', 1), ('b', 'P', 2);
SELECT is(pg_temp.versions('a'), '1.00*', 'an insert makes the first version');
UPDATE projects SET feedback = 'good', zip_code = '1', last_synced_at = now(), project_value = 7;
SELECT is(pg_temp.versions('a'), '1.00*', 'a change that no forecast depends on makes none');
UPDATE projects SET new_enquiry_value = new_enquiry_value;
SELECT is(pg_temp.versions('a'), '1.00*', 'an update without a change makes none');
UPDATE projects SET new_enquiry_value = 10 WHERE monday_id = 'a';
SELECT is(pg_temp.versions('a'), '1.00 10.00*', 'a change makes a version');
SELECT is(pg_temp.versions('b'), '2.00*', 'of the changed project alone');
UPDATE projects SET new_enquiry_value = 11 WHERE monday_id = 'a';
UPDATE projects SET new_enquiry_value = 12 WHERE monday_id = 'a';
UPDATE projects SET new_enquiry_value = NULL WHERE monday_id = 'a';
SELECT is(pg_temp.versions('a'), '1.00 10.00 11.00 12.00 NULL*', 'each change of one transaction is a version of its own');
INSERT INTO projects (monday_id, item_name, new_enquiry_value) VALUES ('a', 'P', 13), ('c', 'P', 3), ('b', 'P', 2)
ON CONFLICT (monday_id) DO UPDATE SET new_enquiry_value = excluded.new_enquiry_value;
SELECT is(pg_temp.versions('a') || ', ' || pg_temp.versions('b') || ', ' || pg_temp.versions('c'),
          '1.00 10.00 11.00 12.00 NULL 13.00*, 2.00*, 3.00*', 'an upsert makes versions of what is new and what changed');

-- Every column that a forecast depends on makes a version.
CREATE FUNCTION pg_temp.makes_version(assignment text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    before bigint := (SELECT count(*) FROM project_history);
BEGIN
    EXECUTE format('UPDATE projects SET %s WHERE monday_id = ''c''', assignment);
    RETURN (SELECT count(*) FROM project_history) - before;
END $$;
SELECT is_empty(
    $$ SELECT change FROM unnest(ARRAY[
        'item_name = ''Q''', 'project_name = ''N''', 'account = ''Account 001''', 'type = ''T''', 'category = ''C''',
        'product_type = ''T''', 'pipeline_stage = ''Lost''', 'total_order_value = 5', 'new_enquiry_value = 6',
        'probability_percent = 0', 'gestation_period = 9', 'date_created = ''2024-01-01''',
        'date_order_received = ''2024-01-01''', 'expected_start_date = ''2024-01-01''', 'follow_up_date = ''2024-01-01''',
        'state = ''archived''']) AS change
       WHERE pg_temp.makes_version(change) <> 1 $$, 'every column that a forecast reads makes a version');
SELECT is((SELECT count(*) FROM project_history WHERE project_id = 'c'), 17::bigint, 'and every one was tried');
SELECT is_empty('SELECT * FROM pg_temp.broken', 'versions follow each other without gap or overlap');

-- Removed and back.
DELETE FROM projects WHERE monday_id = 'b';
SELECT is(pg_temp.versions('b'), '2.00 deleted*', 'a project that is removed ends with a version that says so');
INSERT INTO projects (monday_id, item_name, new_enquiry_value) VALUES ('b', 'P', 22);
SELECT is(pg_temp.versions('b'), '2.00 deleted 22.00*', 'a project that comes back continues its history');
UPDATE projects SET state = 'deleted' WHERE monday_id = 'b';
SELECT is(pg_temp.versions('b'), '2.00 deleted 22.00 deleted*', 'a soft delete is a version');
SELECT is_empty($$ SELECT FROM pipeline_forecast_as_of(clock_timestamp()) WHERE project_id = 'b' $$, 'which is not forecast');
SELECT is_empty('SELECT * FROM pg_temp.broken', 'versions still follow each other without gap or overlap');

-- Analyses.
INSERT INTO analysis_results (project_id, expected_conversion_rate) VALUES ('a', 0.1);
UPDATE analysis_results SET expected_conversion_rate = 0.2 WHERE project_id = 'a';
UPDATE analysis_results SET processing_time_ms = 9, updated_at = now() WHERE project_id = 'a';
SELECT is(pg_temp.rates('a'), '0.10000 0.20000*', 'an analysis makes versions of what changed');
UPDATE analysis_results SET summary = 'Text' WHERE project_id = 'a';
SELECT is(pg_temp.rates('a'), '0.10000 0.20000 0.20000*', 'its texts are part of it');
INSERT INTO analysis_results (project_id, expected_conversion_rate) VALUES ('a', 0.3)
ON CONFLICT (project_id) DO UPDATE SET expected_conversion_rate = excluded.expected_conversion_rate;
SELECT is(pg_temp.rates('a'), '0.10000 0.20000 0.20000 0.30000*', 'and an upsert too');
DELETE FROM analysis_results WHERE project_id = 'a';
SELECT is(pg_temp.rates('a'), '0.10000 0.20000 0.20000 0.30000', 'an analysis that is removed ends');
INSERT INTO analysis_results (project_id, expected_conversion_rate) VALUES ('a', 0.4);
DELETE FROM projects WHERE monday_id = 'a';
SELECT is(pg_temp.rates('a'), '0.10000 0.20000 0.20000 0.30000 0.40000', 'it ends with its project');
SELECT is((SELECT count(*) FROM analysis_results WHERE project_id = 'a'), 0::bigint, 'and goes with it');

-- Stage rules have a history too, so that the past keeps its rules.
INSERT INTO projects (monday_id, item_name, pipeline_stage, new_enquiry_value) VALUES ('staged', 'P', 'Open Enquiry', 100);
CREATE TEMP TABLE moments AS SELECT clock_timestamp() AS before_edit;
UPDATE pipeline_stage SET default_probability = 0.6, stage_bucket = 'Open' WHERE stage = 'Open Enquiry';
SELECT is((SELECT expected_value FROM vw_pipeline_forecast_project_v1 WHERE project_id = 'staged'), 60.00, 'today has the new rule');
SELECT is((SELECT expected_value FROM pipeline_forecast_as_of((SELECT before_edit FROM moments)) WHERE project_id = 'staged'), 0.00,
          'the past has the rule of then');
SELECT is((SELECT string_agg(default_probability || CASE WHEN valid_to IS NULL THEN '*' ELSE '' END, ' ' ORDER BY valid_from)
           FROM pipeline_stage_history WHERE stage = 'Open Enquiry'), '0.00000 0.60000*', 'an edited rule has two versions');
UPDATE pipeline_stage SET sort_order = 1 WHERE stage = 'Open Enquiry';
SELECT is((SELECT count(*) FROM pipeline_stage_history WHERE stage = 'Open Enquiry'), 2::bigint, 'its place in lists is no part of a rule');
UPDATE moments SET before_edit = clock_timestamp();
DELETE FROM pipeline_stage WHERE stage = 'Open Enquiry';
SELECT is((SELECT expected_value FROM vw_pipeline_forecast_project_v1 WHERE project_id = 'staged'), 50.00, 'a removed rule leaves (any other)');
SELECT is((SELECT expected_value FROM pipeline_forecast_as_of((SELECT before_edit FROM moments)) WHERE project_id = 'staged'), 60.00,
          'the past keeps a rule that was removed');

INSERT INTO pipeline_stage (stage, stage_bucket, default_probability, default_spread, outcome) VALUES ('Open Enquiry', 'Open', 0.1, 0.2, 'open');
SELECT is((SELECT string_agg(format('%s%s', default_probability, CASE WHEN is_removed THEN ' removed' END), ', ' ORDER BY valid_from)
           FROM pipeline_stage_history WHERE stage = 'Open Enquiry'), '0.00000, 0.60000 removed, 0.10000', 'and knows that it was away for a while');
-- The clock was set back since the last edit.
SAVEPOINT back;
UPDATE pipeline_stage_history SET valid_from = clock_timestamp() + interval '1 hour' WHERE stage = 'Open Enquiry' AND valid_to IS NULL;
UPDATE pipeline_stage SET default_probability = 0.3 WHERE stage = 'Open Enquiry';
UPDATE pipeline_stage SET default_probability = 0.4 WHERE stage = 'Open Enquiry';
SELECT is((SELECT count(*) FROM (SELECT valid_to, lead(valid_from) OVER (ORDER BY valid_from) AS next FROM pipeline_stage_history WHERE stage = 'Open Enquiry') v
           WHERE valid_to > next OR valid_to IS NULL AND next IS NOT NULL), 0::bigint, 'versions of a rule never overlap');
SELECT is((SELECT string_agg(default_probability::text, ' ' ORDER BY valid_from) FROM pipeline_stage_history WHERE stage = 'Open Enquiry'),
          '0.00000 0.60000 0.10000 0.30000 0.40000', 'and stand in the order of the edits');
ROLLBACK TO back;

-- Whoever writes projects adds to their history, and cannot touch it.
CREATE ROLE history_poller;
INSERT INTO projects (monday_id, item_name, new_enquiry_value) VALUES ('watched', 'P', 98);
SELECT grant_pipeline_poller('history_poller') \g /dev/null
SET LOCAL ROLE history_poller;
UPDATE projects SET new_enquiry_value = 99 WHERE monday_id = 'watched';
INSERT INTO analysis_results (project_id, expected_conversion_rate) VALUES ('watched', 0.2);
DELETE FROM analysis_results WHERE project_id = 'watched';
SELECT is(left(pg_temp.failure(statement), 5), '42501', statement)
FROM unnest(ARRAY['UPDATE project_history SET valid_to = now()', 'UPDATE analysis_history SET valid_to = now()', 'DELETE FROM analysis_history',
    $$ INSERT INTO project_history (project_id, valid_from, valid_to, project_uuid, item_name, state) VALUES ('watched', '2001-01-01', '2002-01-01', gen_random_uuid(), 'P', 'active') $$]) statement;
RESET ROLE;
SELECT matches(pg_temp.versions('watched'), '99.00[*]$', 'its change is there');

-- What would break history is refused.
SELECT is(pg_temp.failure('TRUNCATE ' || name), format('0A000: table "%s" cannot be truncated; Use DELETE, or set state to deleted.', name),
          format('TRUNCATE %s is refused', name))
FROM unnest(ARRAY['projects', 'analysis_results']) name;
SELECT is(pg_temp.failure('TRUNCATE pipeline_stage'),
          '0A000: table "pipeline_stage" cannot be truncated; Use DELETE, which leaves the rule "(any other)".', 'nor are stage rules truncated');
SELECT is(pg_temp.failure(format('INSERT INTO %s (monday_id, item_name) VALUES (%L, ''P'')', name, id)),
          format('22023: monday_id of a %s must not be empty; Give each its own id; everything else refers to it.', what), format('an empty id in %s', name))
FROM (VALUES ('projects', '', 'project'), ('projects', E' \t', 'project'), ('subitems', '', 'subitem'), ('hidden_items', ' ', 'hidden item')) AS t (name, id, what);
SELECT is(pg_temp.failure(format('INSERT INTO subitems (monday_id, item_name, %I) VALUES (''s'', ''S'', %L)', name, value)), failure, format('%s %s', name, value))
FROM (VALUES
    ('invoice_date', 'infinity', '22008: invoice_date of item "s" of subitems is not a day between 1900-01-01 and 9999-12-31; Store NULL where the day is unknown.'),
    ('date_order_received', '0044-03-15 BC', '22008: date_order_received of item "s" of subitems is not a day between 1900-01-01 and 9999-12-31; Store NULL where the day is unknown.'),
    ('final_delivery_date', '12026-01-01', '22008: final_delivery_date of item "s" of subitems is not a day between 1900-01-01 and 9999-12-31; Store NULL where the day is unknown.'),
    ('amount_invoiced', 'NaN', '22023: amount_invoiced of item "s" of subitems is not a number; Store NULL where the number is unknown.'),
    ('area', 'Infinity', '22023: area of item "s" of subitems is not a number; Store NULL where the number is unknown.'),
    ('invoice_date', '9999-12-31', 'no error')) AS t (name, value, failure);
SELECT is(pg_temp.failure($$ INSERT INTO hidden_items (monday_id, item_name) VALUES ('h', 'H'); UPDATE hidden_items SET date_quoted = '-infinity' $$),
    '22008: date_quoted of item "h" of hidden_items is not a day between 1900-01-01 and 9999-12-31; Store NULL where the day is unknown.', 'nor by an update');
SELECT is(pg_temp.failure($$ UPDATE projects SET monday_id = 'other' WHERE monday_id = 'c' $$),
    '55000: monday_id of project "c" cannot change; History and snapshots refer to it; set the state of this project to deleted and insert a new one.',
    'the id of a project cannot change');

-- What was written while the triggers were away is caught up with.
ALTER TABLE projects DISABLE TRIGGER USER;
ALTER TABLE analysis_results DISABLE TRIGGER USER;
INSERT INTO projects (monday_id, item_name, pipeline_stage, new_enquiry_value) VALUES ('missed', 'P', 'Lost', 5);
UPDATE projects SET new_enquiry_value = 101 WHERE monday_id = 'staged';
DELETE FROM projects WHERE monday_id = 'c';
INSERT INTO analysis_results (project_id, expected_conversion_rate) VALUES ('staged', 0.9);
ALTER TABLE projects ENABLE TRIGGER USER;
ALTER TABLE analysis_results ENABLE TRIGGER USER;
SELECT is(pg_temp.versions('missed'), NULL, 'without triggers there is no history');
ALTER TABLE pipeline_stage DISABLE TRIGGER USER;
UPDATE pipeline_stage SET default_probability = 0.9 WHERE stage = 'Check with IS';
DELETE FROM pipeline_stage WHERE stage = 'Won Via Other Ref';
INSERT INTO pipeline_stage (stage, stage_bucket, default_probability, default_spread, outcome) VALUES ('Handshake', 'Open', 0.8, 0.1, 'open');
ALTER TABLE pipeline_stage ENABLE TRIGGER USER;
SELECT pipeline_setup() \g /dev/null
SELECT bag_eq($$ SELECT stage, default_probability FROM pipeline_stage_history WHERE valid_to IS NULL $$,
              'SELECT stage, default_probability FROM pipeline_stage', 'pipeline_setup() adds the stage rules that were edited, and ends those that are gone');
SELECT is((SELECT string_agg(default_probability::text, ' ' ORDER BY valid_from) FROM pipeline_stage_history WHERE stage = 'Check with IS'),
          '0.30000 0.90000', 'and keeps what they were');
SELECT is(pg_temp.versions('missed'), '5.00*', 'pipeline_setup() adds what was inserted');
SELECT is(pg_temp.versions('staged'), '100.00 101.00*', 'and what was changed');
SELECT matches(pg_temp.versions('c'), ' archived deleted\*$', 'and what was removed');
SELECT is(pg_temp.rates('staged'), '0.90000*', 'and analyses');
SELECT is((SELECT stage_bucket FROM vw_pipeline_forecast_project_v1 WHERE project_id = 'missed'), 'Lost', 'and the rules of their stages');
SELECT is_empty('SELECT * FROM pg_temp.broken', 'history is whole again');

-- A column that a table and its history both have is one of those that are kept.
SELECT is_empty(format($$
    SELECT a.attname FROM pg_attribute a JOIN pg_attribute s USING (attname)
    WHERE a.attrelid = %L::regclass AND s.attrelid = %L::regclass AND a.attnum > 0 AND attname <> 'project_id'
      AND pg_get_functiondef(%L::regproc) !~ ('[ (]n\.' || attname || '[,)\s]') $$, history, source, keeper), history || ' keeps all that it can')
FROM (VALUES ('project_history', 'projects', 'keep_project_history'), ('analysis_history', 'analysis_results', 'keep_analysis_history'),
             ('project_dimension', 'projects', 'dimension_upsert')) t (history, source, keeper);

SELECT * FROM finish();
ROLLBACK;
