-- Analyses without being asked: of what has none, after an import, before the daily snapshot.
\set ON_ERROR_STOP 1
BEGIN;
\ir ../include/failure.sql
SELECT plan(22);

CREATE FUNCTION pg_temp.analysed() RETURNS text LANGUAGE sql STABLE
AS $$ SELECT coalesce(string_agg(project_id, ' ' ORDER BY project_id), '') FROM analysis_results $$;

SELECT is(analyze_due_projects(), 0, 'nothing is there, nothing is due');
SELECT is(pg_temp.failure('SELECT analyze_due_projects(0)'), '22023: most must be 1 or more, not 0; Where more projects are due, all are analysed in one pass. Leave it out for 10000.', 'none at a time is refused');
INSERT INTO projects (monday_id, item_name, account, pipeline_stage, new_enquiry_value, date_created, state) VALUES
    ('d1', 'P', 'Nordbau', 'Lost', 100, pipeline_today() - 30, 'active'), ('d2', 'P', 'Nordbau', 'Open Enquiry', 100, pipeline_today() - 20, 'active'),
    ('credit', 'P', 'Nordbau', 'Open Enquiry', -1, pipeline_today() - 10, 'active'), ('gone', 'P', 'Nordbau', 'Open Enquiry', 100, pipeline_today(), 'archived');
SELECT is(analyze_due_projects(), 2, 'projects without an analysis are due, unless they cannot have one');
SELECT is(pg_temp.analysed(), 'd1 d2', 'they have one then');
SELECT is(analyze_due_projects(), 0, 'and nothing is due any more');
UPDATE analysis_results SET analysis_version = 'v0', input_hash = 'of other rules' WHERE project_id = 'd2';
SELECT is(analyze_due_projects(), 1, 'an analysis by other rules is due');
SELECT is((SELECT analysis_version FROM analysis_results WHERE project_id = 'd2'), analysis_version(), 'and is by those of today then');
INSERT INTO projects (monday_id, item_name, new_enquiry_value, date_created) SELECT 'many ' || n, 'P', 50, pipeline_today() FROM generate_series(1, 3) AS n;
SET LOCAL client_min_messages = error;
SELECT is(analyze_due_projects(most => 2) >= 3, true, 'where more are due, all are analysed in one pass');
SELECT is(pg_temp.analysed(), 'd1 d2 many 1 many 2 many 3', 'whoever was missing has one');
RESET client_min_messages;
DELETE FROM projects WHERE monday_id = 'credit';

-- After an import.
CREATE TABLE public.due_staging (nr text, betrag text, stand text);
INSERT INTO public.due_staging VALUES ('imp 1', '700', 'Open Enquiry'), ('imp 2', '800', 'Open Enquiry');
SELECT is((SELECT inserted FROM import_projects('public.due_staging',
              '{"fields": {"project_id": "nr", "new_enquiry_value": "betrag", "pipeline_stage": "stand"}}')), 2::bigint, 'two are imported');
SELECT is((SELECT count(*) FROM analysis_results WHERE project_id LIKE 'imp %'), 2::bigint, 'and analysed with it');
UPDATE public.due_staging SET betrag = '60000' WHERE nr = 'imp 1';
SELECT is((SELECT updated FROM import_projects('public.due_staging',
              '{"fields": {"project_id": "nr", "new_enquiry_value": "betrag", "pipeline_stage": "stand"}}')), 1::bigint, 'one changes');
SELECT is((SELECT count(DISTINCT input_hash) FROM analysis_history WHERE project_id = 'imp 1'), 2::bigint, 'and is analysed anew');
SELECT analyze_imported((SELECT max(id) FROM sync_log), 50001) \g /dev/null
SELECT is((SELECT metadata->>'analysis' FROM sync_log ORDER BY id DESC LIMIT 1), 'due', 'a large import is not kept waiting');
UPDATE projects SET new_enquiry_value = 120000 WHERE monday_id = 'imp 2';
SELECT is(analyze_due_projects() > 0, true, 'its analysis is due');
SELECT is((SELECT metadata->>'analysis' FROM sync_log ORDER BY id DESC LIMIT 1), 'done', 'until it is done');
SELECT is(analyze_due_projects(), 0, 'once');

-- Before the snapshot of today, and of no other day.
INSERT INTO projects (monday_id, item_name, pipeline_stage, new_enquiry_value, follow_up_date) VALUES ('new', 'P', 'Open Enquiry', 1000, pipeline_today());
SELECT create_pipeline_forecast_snapshot(pipeline_today() - 1, true) \g /dev/null
SELECT is((SELECT count(*) FROM analysis_results WHERE project_id = 'new'), 0::bigint, 'nothing is analysed for a day that is over');
SELECT run_daily_forecast_snapshot_maintenance() \g /dev/null
SELECT is((SELECT s.expected_value FROM pipeline_forecast_snapshot s WHERE s.snapshot_date = pipeline_today() AND s.project_id = 'new'),
          (SELECT round(1000 * a.expected_conversion_rate, 2) FROM analysis_results a WHERE a.project_id = 'new'), 'the snapshot of today goes by an analysis of today');

-- An analysis that fails costs neither import nor snapshot.
CREATE FUNCTION pg_temp.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no space left'; END $$;
CREATE TRIGGER fail BEFORE INSERT ON analysis_results FOR EACH ROW EXECUTE FUNCTION pg_temp.fail();
INSERT INTO public.due_staging VALUES ('imp 3', '900', 'Open Enquiry');
SET LOCAL client_min_messages = error;
SELECT is((SELECT inserted FROM import_projects('public.due_staging',
              '{"fields": {"project_id": "nr", "new_enquiry_value": "betrag", "pipeline_stage": "stand"}}')), 1::bigint, 'the import stands');
SELECT is((SELECT inserted > 0 FROM run_daily_forecast_snapshot_maintenance()), true, 'the snapshot is taken');
RESET client_min_messages;
SELECT is((SELECT detail FROM pipeline_checks() WHERE check_name = 'analyses'), 'of 9 projects 1 have no analysis', 'and the check says what is missing');

SELECT * FROM finish();
ROLLBACK;
