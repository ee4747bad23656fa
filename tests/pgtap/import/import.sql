-- import_projects: the mapping language, what is refused and what is kept.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(46);

-- Imports and tells what import_projects returns.
CREATE FUNCTION pg_temp.import(source regclass, fields text, extra jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT format('%s inserted, %s updated, %s unchanged, %s rejected', i.inserted, i.updated, i.unchanged, i.rejected)
    FROM import_projects(source, jsonb_build_object('fields', fields::jsonb) || extra) i
$$;
-- The rejects of the newest run.
CREATE FUNCTION pg_temp.rejects() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s "%s": %s', coalesce(item_id, '-'), coalesce(field, '(row)'), raw_value, reason), '; '
                      ORDER BY item_id, field NULLS FIRST, raw_value)
    FROM sync_reject WHERE run_id = (SELECT max(id) FROM sync_log)
$$;

CREATE TABLE public.staging (id text, "Deal ""Name""" text, stage text, amount text, percent text, opened text, closed text, due text,
                      product text, days text);
INSERT INTO staging VALUES
    ('D1', ' First deal ', 'Won', '$1,234.50', '40', '2024-01-10', '2024-03-10', '01/02/2025', 'P1', '60'),
    ('D2', 'Second deal', 'Prospecting', '', '', '2024-02-01', '', '', 'P2', ''),
    ('D3', NULL, 'Weird', '99', '0', '2024-02-30', '2024-01-01', '2025-01-02', 'none', 'x');
CREATE TABLE public.price (product text, list_price text);
INSERT INTO price VALUES ('P1', '500'), (' P2 ', '700.25'), ('P2', '900');

-- A plain import: columns by name, trimmed; the name of an item falls back to its id.
SELECT is(pg_temp.import('staging', '{"project_id": "id", "item_name": "Deal \"Name\""}'),
          '3 inserted, 0 updated, 0 unchanged, 0 rejected', 'columns are read by their names, however they are spelled');
SELECT bag_eq('SELECT monday_id, item_name FROM projects', $$ VALUES ('D1', 'First deal'), ('D2', 'Second deal'), ('D3', 'D3') $$,
              'texts are trimmed, and an item without a name is called by its id');
SELECT is(pg_temp.import('staging', '{"project_id": "id", "item_name": "Deal \"Name\""}'),
          '0 inserted, 0 updated, 3 unchanged, 0 rejected', 'a second import changes nothing');
SELECT is((SELECT count(*) FROM project_history), 3::bigint, 'and writes no history');

-- Every kind of source.
SELECT is(pg_temp.import('staging', $$ {
    "project_id": "id",
    "category": {"constant": "Imported"},
    "pipeline_stage": {"column": "stage", "map": {"Won": "Won Via Other Ref", "Prospecting": "Open Enquiry", "Nothing": null}},
    "new_enquiry_value": ["amount", {"column": "product", "lookup": {"table": "price", "key": "product", "value": "list_price"}}],
    "total_order_value": {"column": "amount", "only_if": {"column": "stage", "in": ["Won", "Lost"]}},
    "probability_percent": "percent",
    "date_created": "opened",
    "expected_start_date": {"column": "opened", "plus_days": 90},
    "follow_up_date": {"column": "due", "format": "DD/MM/YYYY"},
    "gestation_period": {"days_between": ["opened", "closed"]}
}$$), '0 inserted, 3 updated, 0 unchanged, 4 rejected', 'existing projects are updated in the mapped fields');
SELECT results_eq(
    $$ SELECT monday_id COLLATE "default", item_name, category, pipeline_stage, new_enquiry_value, total_order_value, probability_percent,
              date_created, expected_start_date, follow_up_date, gestation_period FROM projects ORDER BY 1 $$,
    $$ VALUES
        ('D1', 'First deal', 'Imported', 'Won Via Other Ref', 1234.50, 1234.50, 40.000, date '2024-01-10', date '2024-04-09',
         date '2025-02-01', 60),
        ('D2', 'Second deal', 'Imported', 'Open Enquiry', 700.25, NULL, NULL, '2024-02-01', '2024-05-01', NULL, NULL),
        ('D3', 'D3', 'Imported', 'Weird', 99, NULL, 0, NULL, NULL, NULL, NULL) $$,
    'constant, map, list of sources, lookup, only_if, format, plus_days and days_between');
SELECT is((SELECT array_agg(field || ': ' || reason ORDER BY field) FROM sync_reject WHERE run_id = (SELECT max(id) FROM sync_log)),
    '{"date_created: no such day in the calendar, or one before 1900","expected_start_date: no such day in the calendar, or one before 1900","follow_up_date: not a day in the format DD/MM/YYYY","gestation_period: no such day in the calendar, or one before 1900"}',
    'what cannot be read is rejected with its reason');
SELECT is((SELECT format('%s %s %s %s %s %s %s', status, sync_type, board_name, items_processed, items_updated, items_rejected, metadata->>'fields_mapped')
           FROM sync_log ORDER BY id DESC LIMIT 1), 'completed import public.staging 3 3 4 10', 'sync_log records the run');

-- A refused value leaves what is stored; a blank one clears it.
INSERT INTO projects (monday_id, item_name, new_enquiry_value, probability_percent, follow_up_date, zip_code)
VALUES ('K', 'Kept', 10, 10, '2024-01-01', 'Z');
CREATE TABLE public.changes (id text, amount text, percent text, due text, name text);
INSERT INTO changes VALUES ('K', '1.2 apples', '101', '', NULL);
SELECT is(pg_temp.import('changes', '{"project_id": "id", "new_enquiry_value": "amount", "probability_percent": "percent", "follow_up_date": "due", "item_name": "name"}',
                         '{"accept_losses": true}'),
          '0 inserted, 1 updated, 0 unchanged, 2 rejected', 'a row with refused values is kept');
SELECT is((SELECT format('%s %s %s %s %s', item_name, new_enquiry_value, probability_percent, follow_up_date, zip_code)
           FROM projects WHERE monday_id = 'K'), 'Kept 10.00 10.000  Z',
          'a refused value leaves what is stored, a blank one clears it, a field that is not mapped stays');
SELECT is(pg_temp.rejects(), 'K new_enquiry_value "1.2 apples": not a number; K probability_percent "101": percentage is not between 0 and 100',
          'rejects name item, field, value and reason');

-- How single values are read.
SELECT is(decode_field(kind, raw, format), expected, format('%s "%s" %s is %s', kind, raw, format, coalesce(expected, 'refused')))
FROM (VALUES
    ('money', '£1,234,567.891', '', '1234567.89'), ('money', '-5', '', '-5.00'), ('money', '(500)', '', '-500.00'),
    ('money', 'NaN', '', NULL), ('money', '1,23', '', NULL), ('money', '1.234,5', '{"decimal_mark": ","}', '1234.50'),
    ('money', '20 USD', '{"rates": {"USD": 0.5}}', '10.00'), ('percent', '12%', '', '12.000'),
    ('percent', '0.5', '{"percent_scale": 1}', '50.000'), ('percent', '-1', '', NULL), ('day', '1899-12-31', '', NULL),
    ('day', '2024-03-01T10:00:00Z', '', '2024-03-01'), ('day', '3/1/2024', 'DD/MM/YYYY', '2024-01-03'),
    ('day', 'infinity', '', NULL), ('gestation', '1.5', '', NULL), ('gestation', '500001', '', NULL), ('text', 'any', '', 'any'),
    ('key', '1.23E+11', '', NULL), ('state', 'Deleted', '', 'deleted'), ('state', 'gone', '', NULL)
) AS t (kind, raw, format, expected);
SELECT is(reject_reason('day', '1899-12-31', ''), 'no such day in the calendar, or one before 1900', 'a refusal has a reason');
SELECT is(reject_reason('money', '5', ''), NULL, 'what can be read has none');

-- Rows without an id, and ids that stand twice.
TRUNCATE changes;
INSERT INTO changes VALUES ('X', '1', NULL, NULL, 'first'), (' ', '2', NULL, NULL, NULL), (NULL, '3', NULL, NULL, NULL), (' X ', '4', NULL, NULL, 'second'), (repeat('i', 2000), '5', NULL, NULL, NULL);
SELECT is(pg_temp.import('changes', '{"project_id": "id", "new_enquiry_value": "amount"}', '{"accept_losses": true}'),
          '1 inserted, 0 updated, 0 unchanged, 4 rejected', 'rows that cannot be told apart are rejected');
SELECT is(pg_temp.rejects(),
    'X (row) "row 4": project_id stands more than once; its first row was taken; - (row) "row 2": project_id is blank; - (row) "row 3": project_id is blank; - (row) "row 5": project_id: text is longer than 1000 bytes',
    'each with its row and reason');
SELECT is((SELECT new_enquiry_value FROM projects WHERE monday_id = 'X'), 1.00, 'the first row of an id counts');

-- A lookup that finds nothing.
SELECT is(pg_temp.import('staging', '{"project_id": "id", "project_value": {"column": "product", "lookup": {"table": "public.price", "key": "product", "value": "list_price"}}}'),
          '0 inserted, 2 updated, 1 unchanged, 1 rejected', 'a table may be named with its schema');
SELECT is(pg_temp.rejects(), 'D3 project_value "none": no value for it in table "public.price"', 'a lookup that finds nothing is rejected');

-- Old dates, moved to today by one number of days.
CREATE TABLE public.dated (id text, opened text, closed text);
INSERT INTO dated VALUES ('S1', '2017-01-01', '2017-01-11'), ('S2', '2017-01-05', '2017-01-31'), ('S3', NULL, NULL);
SELECT import_projects('dated', '{"fields": {"project_id": "id", "date_created": "opened", "date_order_received": "closed",
    "expected_start_date": {"column": "opened", "plus_days": 90}}, "shift_to_today": true}') \g /dev/null
SELECT results_eq(
    $$ SELECT monday_id COLLATE "default", pipeline_today() - date_created, pipeline_today() - date_order_received,
              expected_start_date - date_created FROM projects WHERE monday_id LIKE 'S%' ORDER BY 1 $$,
    $$ VALUES ('S1', 30, 20, 90), ('S2', 26, 0, 90), ('S3', NULL, NULL, NULL) $$,
    'shift_to_today moves the newest date that stands there to today, and every other by the same');
SELECT is((SELECT (metadata->>'shifted_days')::integer FROM sync_log ORDER BY id DESC LIMIT 1), pipeline_today() - date '2017-01-31',
          'the number of days is recorded');
SELECT import_projects('dated', '{"fields": {"project_id": "id", "date_created": "opened", "date_order_received": "closed"},
    "shift_to_today": ["date_created"]}') \g /dev/null
SELECT is((SELECT format('%s %s', pipeline_today() - date_created, date_order_received - pipeline_today()) FROM projects WHERE monday_id = 'S2'),
          '0 26', 'a list says which dates count');
SELECT import_projects('dated', '{"fields": {"project_id": "id", "date_created": "opened"}, "shift_to_today": false}') \g /dev/null
SELECT is((SELECT date_created FROM projects WHERE monday_id = 'S2'), date '2017-01-05', 'without a shift dates stay');
SELECT is(pg_temp.import('dated', '{"project_id": "id", "date_created": {"column": "opened", "only_if": {"column": "id", "in": ["nobody"]}}}', '{"shift_to_today": true}'),
          '0 inserted, 2 updated, 1 unchanged, 0 rejected', 'where no date is known nothing is moved');

-- Names that ask for trouble, and an empty source.
CREATE TABLE public."odd; DROP TABLE projects" ("a""b'c" text);
INSERT INTO "odd; DROP TABLE projects" VALUES ('it''s'), ('back\slash');
SELECT is(pg_temp.import('"odd; DROP TABLE projects"', $$ {"project_id": "a\"b'c", "account": {"constant": "x'); DROP TABLE projects; --"}} $$),
          '2 inserted, 0 updated, 0 unchanged, 0 rejected', 'names and values are quoted');
SELECT is((SELECT count(*) FROM projects WHERE account = 'x''); DROP TABLE projects; --'), 2::bigint, 'and arrive as they are');
TRUNCATE changes;
SELECT is(pg_temp.import('changes', '{"project_id": "id"}'), '0 inserted, 0 updated, 0 unchanged, 0 rejected', 'an empty source is no error');

SELECT * FROM finish();
ROLLBACK;
