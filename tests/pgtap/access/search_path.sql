-- A hostile search_path: a schema full of look-alikes stands first, and nothing changes.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(26);

INSERT INTO projects (monday_id, item_name, account, pipeline_stage, new_enquiry_value, follow_up_date, date_created, gestation_period) VALUES
    ('p', 'P', 'Account 001', 'Open Enquiry', 100, pipeline_today(), pipeline_today(), 10),
    ('w', 'W', 'Account 001', 'Won - Closed (Invoiced)', 50, NULL, pipeline_today(), 20);
INSERT INTO analysis_results (project_id, expected_conversion_rate, conversion_confidence) VALUES ('p', 0.4, 0.5);
CREATE TABLE public.staging (id text, opened text);
INSERT INTO staging VALUES ('i', '2024-01-01');

CREATE SCHEMA hostile;
-- Every call of one of these shows; the operators turn every comparison around.
CREATE FUNCTION hostile.trap() RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trapped' USING ERRCODE = 'TRAPD'; END $$;
DO $do$
DECLARE
    signature text;
BEGIN
    FOREACH signature IN ARRAY ARRAY[
        'now() RETURNS timestamptz', 'clock_timestamp() RETURNS timestamptz', 'statement_timestamp() RETURNS timestamptz',
        'timezone(text, timestamptz) RETURNS timestamp', 'round(numeric, integer) RETURNS numeric', 'btrim(text) RETURNS text',
        'format(text, VARIADIC text[]) RETURNS text', 'to_regclass(text) RETURNS regclass', 'make_interval(years integer) RETURNS interval',
        'count(anyelement) RETURNS bigint', 'hashtext(text) RETURNS integer', 'current_setting(text) RETURNS text',
        'pipeline_today() RETURNS date', 'pipeline_forecast_month(date) RETURNS date', 'require_layout() RETURNS void',
        'stage_rule_of(text) RETURNS TABLE(stage text, stage_bucket text)', 'decode_field(text, text, text) RETURNS text',
        'pipeline_contract_value(numeric, numeric) RETURNS numeric', 'quote_ident(text) RETURNS text', 'lower(text) RETURNS text',
        'name_key(text) RETURNS text', 'storable_amount(numeric) RETURNS numeric', 'regexp_replace(text, text, text, text) RETURNS text'
    ] LOOP
        EXECUTE format('CREATE FUNCTION hostile.%s LANGUAGE plpgsql AS ''BEGIN PERFORM hostile.trap(); END''', signature);
    END LOOP;
    FOREACH signature IN ARRAY ARRAY['text', 'date', 'integer', 'numeric', 'timestamptz', 'boolean', 'bigint'] LOOP
        EXECUTE format('CREATE FUNCTION hostile.wrong(%1$s, %1$s) RETURNS boolean LANGUAGE sql AS ''SELECT false''', signature);
        EXECUTE format('CREATE OPERATOR hostile.= (FUNCTION = hostile.wrong, LEFTARG = %1$s, RIGHTARG = %1$s)', signature);
        EXECUTE format('CREATE OPERATOR hostile.< (FUNCTION = hostile.wrong, LEFTARG = %1$s, RIGHTARG = %1$s)', signature);
        EXECUTE format('CREATE OPERATOR hostile.>= (FUNCTION = hostile.wrong, LEFTARG = %1$s, RIGHTARG = %1$s)', signature);
    END LOOP;
END $do$;
CREATE TABLE hostile.projects (LIKE pipeline.projects);
CREATE TABLE hostile.project_history (LIKE pipeline.project_history);
CREATE TABLE hostile.pipeline_stage (LIKE pipeline.pipeline_stage);
CREATE TABLE hostile.pipeline_schema_version (version integer);
CREATE TABLE hostile.pipeline_forecast_snapshot (LIKE pipeline.pipeline_forecast_snapshot);
CREATE TABLE hostile.refresh_log (LIKE pipeline.refresh_log);
CREATE TABLE hostile.sync_log (LIKE pipeline.sync_log);
CREATE TABLE hostile.pg_class (LIKE pg_catalog.pg_class);
CREATE VIEW hostile.vw_pipeline_forecast_project_v1 AS SELECT * FROM pipeline.vw_pipeline_forecast_project_v1 WHERE false;

-- What a query answers under the hostile path, and under none at all.
CREATE FUNCTION public.hostile_answer(path text, query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
    former text := pg_catalog.current_setting('search_path');
BEGIN
    PERFORM pg_catalog.set_config('search_path', path, true);
    EXECUTE query INTO answer;
    PERFORM pg_catalog.set_config('search_path', former, true);
    RETURN answer;
END $$;
CREATE FUNCTION public.hostile(query text) RETURNS text LANGUAGE sql AS
$$ SELECT public.hostile_answer('hostile, pg_catalog, public', query) $$;
SELECT is(hostile('SELECT true WHERE 1::integer = 1::integer'), NULL, 'the trap works: 1 is not 1');
SELECT throws_ok($$ SELECT hostile('SELECT now()') $$, 'TRAPD', 'trapped', 'the trap works: now() is another');

SELECT is(hostile(query), expected, 'the right answer: ' || query)
FROM (VALUES
    ('SELECT pipeline.pipeline_today()', ((now() AT TIME ZONE 'UTC')::date)::text),
    ('SELECT pipeline.pipeline_window_start(''2024-05-05'')', '2024-05-01'),
    ('SELECT pipeline.pipeline_window_end(''2024-05-05'')', '2025-05-01'),
    ('SELECT expected_value FROM pipeline.vw_pipeline_forecast_project_v1 WHERE project_id OPERATOR(pg_catalog.=) ''p''', '40.00'),
    ('SELECT expected_value FROM pipeline.pipeline_forecast_as_of(pg_catalog.clock_timestamp()) WHERE project_id OPERATOR(pg_catalog.=) ''p''', '40.00'),
    ('SELECT pg_catalog.count(*) FROM pipeline.explain_forecast(''p'')', '12'),
    ('SELECT pg_catalog.string_agg(outcome, '' '') FROM pipeline.refresh_conversion_views()', 'refreshed refreshed refreshed'),
    ('SELECT pg_catalog.sum(project_count) FROM pipeline.vw_pipeline_forecast_monthly_12m_v1', '2'),
    ('SELECT won_projects FROM pipeline.conversion_metrics', '1'),
    ('SELECT pipeline.create_pipeline_forecast_snapshot()', '2'),
    ('SELECT inserted FROM pipeline.run_daily_forecast_snapshot_maintenance()', '2'),
    ('SELECT pipeline.cleanup_old_pipeline_forecast_snapshots(1)', '0'),
    ('SELECT pg_catalog.bool_and(passed) FROM pipeline.validate_pipeline_forecast()', 'true'),
    ('SELECT pipeline.pipeline_setup() OPERATOR(pg_catalog.=) pipeline_internal.layout_version()', 'true'),
    ('SELECT inserted FROM pipeline.import_projects(''public.staging'', ''{"fields": {"project_id": "id", "date_created": "opened"}}'')', '1'),
    ('SELECT pg_catalog.string_agg(action, '' '') FROM pipeline.import_monday_boards(''{"boards": [{"board_id": "1", "role": "parent", "name": "P", "columns": []}, {"board_id": "3", "role": "hidden", "name": "H", "parent_board_id": "1", "columns": []}]}'')', 'created created'),
    ('SELECT created FROM pipeline_work.ingest_monday_items(''3'', ''[{"id": "31", "name": "A"}]'')', '1'),
    ('SELECT created FROM pipeline_work.ingest_monday_items(''1'', ''[{"id": "m", "name": "M"}]'')', '1'),
    ('SELECT projects FROM pipeline.derive_pipeline_values()', '0'),
    ('WITH written AS (INSERT INTO pipeline.projects (monday_id, item_name, pipeline_stage) VALUES (''h'', ''H'', ''Lost'') RETURNING stage_rule) SELECT stage_rule FROM written', 'Lost'),
    ('WITH written AS (UPDATE pipeline.pipeline_stage SET default_spread = 0.3 WHERE stage OPERATOR(pg_catalog.=) ''Open Enquiry'' RETURNING stage) SELECT stage FROM written', 'Open Enquiry')
) AS t (query, expected);
SELECT is((SELECT count(*) FROM pipeline.project_history WHERE project_id IN ('h', 'i')), 2::bigint, 'history went where it belongs');
SELECT is((SELECT count(*) FROM hostile.project_history) + (SELECT count(*) FROM hostile.refresh_log) + (SELECT count(*) FROM hostile.sync_log)
          + (SELECT count(*) FROM hostile.pipeline_forecast_snapshot), 0::bigint, 'and nothing into the look-alikes');
SELECT is(hostile_answer('', 'SELECT pg_catalog.bool_and(passed) FROM pipeline.validate_pipeline_forecast()'), 'true',
          'an empty search_path is enough');

SELECT * FROM finish();
ROLLBACK;
