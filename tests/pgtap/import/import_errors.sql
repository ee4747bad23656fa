-- import_projects: every mapping that makes no sense is refused as a whole, before anything is written.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(51);

CREATE FUNCTION pg_temp.failure(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    RETURN format('%s: %s', SQLSTATE, SQLERRM);
END $$;
CREATE FUNCTION pg_temp.hint(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    hint text;
BEGIN
    EXECUTE statement;
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    RETURN hint;
END $$;

CREATE TABLE public.staging (id text, d text, amount text);
INSERT INTO staging VALUES ('1', '2024-01-01', '5');

SELECT is(pg_temp.failure(format('SELECT import_projects(''staging'', %L)', mapping)), '22023: import mapping: ' || expected,
          'refused: ' || expected)
FROM (VALUES
    ('[]', 'the mapping must be an object'),
    ('{"fields": {"project_id": "id"}, "more": 1}', 'unknown key "more" in the mapping'),
    ('{"fields": {"project_id": "id", "nonsense": "id"}}', 'unknown field "nonsense"'),
    ('{"fields": {"project_id": "id", "account": 5}}', 'field "account" must be an object'),
    ('{"fields": {"project_id": "id", "account": {"col": "id"}}}', 'unknown key "col" in field "account"'),
    ('{"fields": {"project_id": "id", "account": {}}}', 'field "account" needs a text "column"'),
    ('{"fields": {"project_id": "id", "account": []}}', 'field "account" has an empty list of sources'),
    ('{"fields": {"project_id": "id", "account": {"constant": null}}}', 'the constant of field "account" must be a text, a number or a boolean'),
    ('{"fields": {"project_id": "id", "account": {"constant": 1, "column": "id"}}}', 'unknown key "column" in field "account"'),
    ('{"fields": {"project_id": "id", "account": {"column": "id", "map": []}}}', '"map" of field "account" must be an object'),
    ('{"fields": {"project_id": "id", "account": {"column": "id", "map": {"a": 1}}}}', '"map" of field "account" must map "a" to a text or null'),
    ('{"fields": {"project_id": "id", "account": {"column": "id", "plus_days": 1}}}', 'field "account" is not a date'),
    ('{"fields": {"project_id": "id", "date_created": {"column": "d", "plus_days": "1"}}}', '"plus_days" of field "date_created" must be a whole number within 100000'),
    ('{"fields": {"project_id": "id", "date_created": {"column": "d", "plus_days": 100001}}}', '"plus_days" of field "date_created" must be a whole number within 100000'),
    ('{"fields": {"project_id": "id", "date_created": {"days_between": ["d", "d"]}}}', 'field "date_created" is not a number of days'),
    ('{"fields": {"project_id": "id", "gestation_period": {"days_between": ["d"]}}}', '"days_between" of field "gestation_period" must be a list of two columns'),
    ('{"fields": {"project_id": "id", "account": {"column": "id", "lookup": {"table": "staging", "key": "id"}}}}', '"lookup" of field "account" needs a text "value"'),
    ('{"fields": {"project_id": "id", "account": {"column": "id", "only_if": {"column": "id"}}}}', '"only_if" of field "account" needs a list "in"'),
    ('{"fields": {"project_id": "id", "account": {"column": "id", "only_if": {"column": "id", "in": [1]}}}}', '"in" of field "account" must hold texts'),
    ('{"fields": {"project_id": "id", "account": {"columns": "id"}}}', '"columns" of field "account" must be a list of columns'),
    ('{"fields": {"project_id": "id", "account": {"columns": ["id"], "column": "id"}}}', 'field "account" has "column" and "columns"'),
    ('{"fields": {"project_id": "id", "account": {"column": "id", "hash": true}}}', '"hash" of field "account" needs "columns"'),
    ('{"fields": {"project_id": {"columns": ["id"], "hash": 1}}}', '"hash" of field "project_id" must be true or false'),
    ('{"fields": {"project_id": "id", "account": {"column": "id", "decimal_mark": ","}}}', 'field "account" is no number, and cannot have "decimal_mark"'),
    ('{"fields": {"project_id": "id", "gestation_period": {"column": "amount", "currency": "EUR"}}}', 'field "gestation_period" is no amount, and has no currency'),
    ('{"fields": {"project_id": "id", "project_value": {"column": "amount", "percent_scale": 1}}}', 'field "project_value" is no percentage, and cannot have "percent_scale"'),
    ('{"fields": {"project_id": "id", "project_value": {"column": "amount", "currency_column": "d"}}}', '"currency_column" of field "project_value" needs "rates"'),
    ('{"fields": {"project_id": "id"}, "decimal_mark": ";"}', '"decimal_mark" must be "." or ","'),
    ('{"fields": {"project_id": "id"}, "accept_losses": 1}', '"accept_losses" must be true or false'),
    ('{"fields": {"project_id": "id"}, "source": ""}', '"source" must be a name of 1 to 1000 bytes'),
    ('{"fields": {"project_id": "id"}, "missing_rows": "delete"}', '"missing_rows" must be "keep" or "archive"'),
    ('{"fields": {"project_id": "id"}, "missing_rows": "archive"}', '"missing_rows" needs a "source"'),
    ('{"fields": {"project_id": "id"}, "missing_rows_limit": 101}', '"missing_rows_limit" must be a number of percent'),
    ('{"fields": {"project_id": "id"}, "shift_to_today": "yes"}', '"shift_to_today" must be true, false or a list of date fields'),
    ('{"fields": {"project_id": "id"}, "shift_to_today": ["account"]}', '"shift_to_today" names "account", which is no date of the mapping')
) AS t (mapping, expected);
SELECT is(pg_temp.failure($$ SELECT import_projects('staging', '{"shift_to_today": true}') $$), '22023: import mapping has no "fields"',
          'a mapping needs fields');
SELECT is(pg_temp.failure($$ SELECT import_projects('staging', '{"fields": {"account": "id"}}') $$),
          '22023: import mapping has no field "project_id"', 'a mapping needs the id');
SELECT is(pg_temp.failure($$ SELECT import_projects('staging', '{"fields": {"project_id": "id", "date_created": {"column": "d", "format": "DD/MM"}}}') $$),
          '22023: invalid date format "DD/MM"', 'a date format is whole');

SELECT is(pg_temp.failure(format('SELECT import_projects(''staging'', %L)', jsonb_build_object('fields', jsonb_build_object(
              'project_id', 'id', 'project_value', jsonb_build_object('column', 'amount') || format)))), '22023: invalid number format: ' || expected,
          'refused: ' || expected)
FROM (VALUES
    ('{"decimal_mark": ";"}'::jsonb, '"decimal_mark" must be "." or ","'),
    ('{"decimal_mark": ",", "thousands_mark": ","}', 'both marks are the same'),
    ('{"currency": "Dollar"}', '"currency" must be a code such as EUR, and not "Dollar"'),
    ('{"rates": {"EUR": 0}}', 'the rate of EUR must be a number above 0'),
    ('{"rates": {"Euro": 1}}', '"rates" names "Euro", which is no currency')
) AS t (format, expected);

-- Columns and tables that are not there.
SELECT is(pg_temp.failure($$ SELECT import_projects('staging', '{"fields": {"project_id": "id", "account": "nowhere"}}') $$),
          '42703: import mapping: field "account" names column "nowhere", which the source does not have', 'an unknown column');
SELECT is(pg_temp.hint($$ SELECT import_projects('staging', '{"fields": {"project_id": "id", "account": "nowhere"}}') $$),
          'Its columns are: id, d, amount.', 'with the columns there are');
SELECT is(pg_temp.failure($$ SELECT import_projects('staging', '{"fields": {"project_id": "id", "account": {"column": "id",
          "lookup": {"table": "nowhere", "key": "id", "value": "id"}}}}') $$),
          '42P01: relation "public.nowhere" does not exist', 'an unknown lookup table');
SELECT is(pg_temp.failure($$ SELECT import_projects('nowhere', '{"fields": {"project_id": "id"}}') $$),
          '42P01: relation "nowhere" does not exist', 'an unknown source');

-- Nothing at all.
SELECT is(pg_temp.failure('SELECT import_projects(NULL, ''{}'')'), '22004: source must not be null', 'no source');
SELECT is(pg_temp.failure('SELECT import_projects(''staging'', NULL)'), '22004: mapping must not be null', 'no mapping');

SELECT is((SELECT count(*) FROM projects), 0::bigint, 'a refused mapping imports nothing');
SELECT is((SELECT count(*) FROM sync_log), 0::bigint, 'and leaves no record of a run');

SELECT * FROM finish();
ROLLBACK;
