-- import_projects: one format for all values of a column, found or stated; what does not tell stops the import.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(25);

CREATE FUNCTION pg_temp.import(source regclass, fields text, extra jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT format('%s inserted, %s updated, %s unchanged, %s rejected', i.inserted, i.updated, i.unchanged, i.rejected)
    FROM import_projects(source, jsonb_build_object('fields', fields::jsonb) || extra) i
$$;
CREATE FUNCTION pg_temp.refusal(source regclass, fields text, extra jsonb DEFAULT '{}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    hint text;
    detail text;
BEGIN
    PERFORM pg_temp.import(source, fields, extra);
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT, detail = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, ''), hint);
END $$;

CREATE TABLE public.deals (ref text, opened text, due text, ordered text, net text, share text, cur text, gone text);
INSERT INTO deals VALUES
    ('Q7', '3. März 2031', '21.03.31 14:05', '47886', '1.250,00 €', '0,25', 'EUR', 'false'),
    ('Q8', '12 avr. 2031', '05.04.31 8:00', '47890', '(80,50)', '1', 'USD', 'true'),
    ('Q9', 'Friday, February 7, 2031', '28.02.31 23:59', NULL, '1,5 Mio. €', '0', 'EUR', 'false');
SELECT is(pg_temp.import('deals', $$ {"project_id": "ref", "date_created": "opened", "follow_up_date": "due", "date_order_received": "ordered",
    "project_value": "net", "probability_percent": "share", "state": {"column": "gone", "map": {"true": "deleted", "false": "active"}}} $$),
    '3 inserted, 0 updated, 0 unchanged, 0 rejected', 'a file of another country is read without a word about its formats');
SELECT results_eq($$ SELECT monday_id COLLATE "default", date_created, follow_up_date, date_order_received, project_value, probability_percent, state,
                            deleted_at IS NOT NULL FROM projects ORDER BY 1 $$, $$ VALUES
    ('Q7', date '2031-03-03', date '2031-03-21', date '2031-02-07', 1250.00, 25.000, 'active', false),
    ('Q8', '2031-04-12', '2031-04-05', '2031-02-11', -80.50, 100.000, 'deleted', true),
    ('Q9', '2031-02-07', '2031-02-28', NULL, 1500000.00, 0.000, 'active', false) $$, 'and every value is the one that is meant');
SELECT results_eq($$ SELECT r->>'field', coalesce(r->>'format', r->>'decimal_mark', ''), coalesce(r->>'percent_scale', '') FROM sync_log
                     CROSS JOIN jsonb_array_elements(metadata->'readings') r ORDER BY 1 $$, $$ VALUES
    ('date_created', 'DD/MM/YYYY', ''), ('date_order_received', 'excel', ''), ('follow_up_date', 'DD/MM/YYYY', ''),
    ('probability_percent', ',', '1'), ('project_id', '', ''), ('project_value', ',', ''), ('state', '', '') $$,
    'the run keeps what was found');
SELECT is((SELECT f FROM sync_log CROSS JOIN jsonb_array_elements(metadata->'fields') f WHERE f->>'field' = 'date_order_received'),
          '{"field": "date_order_received", "known": 2, "refused": 0}', 'and how many values of each field are known');

-- What can be read in two ways.
CREATE TABLE public.unclear (ref text, due text, price text, flag text, net text);
INSERT INTO unclear VALUES ('U1', '03/04/2031', '1.234', '1', '5 EUR'), ('U2', '05/06/2031', '2.000', '0', '$6');
SELECT is(pg_temp.refusal('unclear', '{"project_id": "ref", "follow_up_date": "due"}'),
    '22007 | import: column "due" (field "follow_up_date") holds days that can be read in several ways | "03/04/2031" is 2031-04-03 as DD/MM/YYYY, and "03/04/2031" is 2031-03-04 as MM/DD/YYYY. Say in the mapping which it is: "follow_up_date": {"column": "due", "format": "DD/MM/YYYY"}.',
    'days that do not tell their order');
SELECT is(pg_temp.refusal('unclear', '{"project_id": "ref", "project_value": "price"}'),
    '22P02 | import: column "price" (field "project_value") holds numbers that can be read in several ways | "1.234" is 1.234 with the decimal mark ".", and "1.234" is 1234 with the decimal mark ",". Say in the mapping which it is: "project_value": {"column": "price", "decimal_mark": ","}, or with ".".',
    'numbers that do not tell their mark');
SELECT is(pg_temp.refusal('unclear', '{"project_id": "ref", "probability_percent": "flag"}'),
    '22P02 | import: column "flag" (field "probability_percent") holds no other percentages than 0 and 1 | 1 may be one per cent or all of it. Say in the mapping which it is: "probability_percent": {"column": "flag", "percent_scale": 1}, or 100.',
    'percentages that do not tell their scale');
SELECT is(pg_temp.refusal('unclear', '{"project_id": "ref", "project_value": "net"}'),
    '22023 | import: column "net" (field "project_value") holds amounts in several currencies: EUR, $ | Say in the mapping what each is worth in the currency of the forecast: "project_value": {"column": "net", "rates": {"EUR": 1, "$": 0.9}}; or which one to take: "currency": "EUR", and the others are refused.',
    'several currencies without rates');
SELECT is((SELECT count(*) FROM projects WHERE monday_id LIKE 'U%'), 0::bigint, 'nothing was written');

-- What the mapping says.
SELECT is(pg_temp.import('unclear', $$ {"project_id": "ref", "follow_up_date": {"column": "due", "format": "M/D/YY"},
    "project_value": {"column": "price", "thousands_mark": "."}, "probability_percent": {"column": "flag", "percent_scale": 1},
    "total_order_value": {"column": "net", "rates": {"EUR": 1, "USD": "0.5"}}} $$), '2 inserted, 0 updated, 0 unchanged, 0 rejected', 'settles all of it');
SELECT results_eq($$ SELECT monday_id COLLATE "default", follow_up_date, project_value, probability_percent, total_order_value FROM projects
                     WHERE monday_id LIKE 'U%' ORDER BY 1 $$, $$ VALUES
    ('U1', date '2031-03-04', 1234.00, 100.000, 5.00), ('U2', '2031-05-06', 2000.00, 0.000, 3.00) $$, 'as it says');
SELECT is(pg_temp.import('unclear', '{"project_id": "ref", "project_value": "price"}', '{"decimal_mark": "."}'), '0 inserted, 2 updated, 0 unchanged, 0 rejected',
          'the decimal mark of the file is enough');
SELECT is((SELECT project_value FROM projects WHERE monday_id = 'U1'), 1.23, 'rounded to cents');
SELECT is(pg_temp.import('unclear', '{"project_id": "ref", "total_order_value": {"column": "net", "currency": "EUR"}}'), '0 inserted, 0 updated, 2 unchanged, 1 rejected',
          'amounts in another currency than the stated one are refused');

-- A currency in a column of its own.
SELECT is(pg_temp.import('deals', $$ {"project_id": "ref", "total_order_value": {"column": "share", "currency_column": "cur", "rates": {"EUR": 2, "USD": 3}}} $$),
          '0 inserted, 3 updated, 0 unchanged, 0 rejected', 'a column names the currency');
SELECT is((SELECT string_agg(total_order_value::text, ' ' ORDER BY monday_id) FROM projects WHERE monday_id LIKE 'Q%'), '0.50 3.00 0.00', 'and its rate is taken');

-- Columns that are no texts are what they are, whatever the session writes.
SET datestyle = 'German';
CREATE TABLE public.typed (ref integer, due date, price numeric);
INSERT INTO typed VALUES (71, '2031-03-04', 1.234), (72, '2031-05-06', 2.000);
SELECT is(pg_temp.import('typed', '{"project_id": "ref", "follow_up_date": "due", "project_value": "price"}'), '2 inserted, 0 updated, 0 unchanged, 0 rejected',
          'types need no formats');
SELECT is((SELECT string_agg(project_value::text, ' ' ORDER BY monday_id) FROM projects WHERE monday_id LIKE '7%'), '1.23 2.00', 'and leave nothing to decide');
RESET datestyle;

-- Most values of a field cannot be read.
CREATE TABLE public.wrong (ref text, due text);
INSERT INTO wrong VALUES ('W1', 'soon'), ('W2', 'later'), ('W3', '2031-01-01'), ('W4', NULL);
SELECT is(pg_temp.refusal('wrong', '{"project_id": "ref", "follow_up_date": "due"}'),
    '22P02 | import: 2 of 3 values of field "follow_up_date" cannot be read | Such as "soon", "later": not a day in the format YYYY-MM-DD. | Map the field to another column, or say how it is written ("format", "decimal_mark", "map" …); "accept_losses": true in the mapping imports what can be read.',
    'a column of which most is lost stops the import');
SELECT is((SELECT count(*) FROM projects WHERE monday_id LIKE 'W%'), 0::bigint, 'before anything is written');
SELECT is(pg_temp.import('wrong', '{"project_id": "ref", "follow_up_date": "due"}', '{"accept_losses": true}'), '4 inserted, 0 updated, 0 unchanged, 2 rejected',
          'unless the mapping accepts it');

-- Ids.
CREATE TABLE public.keys (opened text, topic text, amount text);
INSERT INTO keys VALUES ('2031-01-01', 'Roof', '1'), ('2031-01-01', 'Wall', '2'), ('2031-01-02', 'Roof', '3'), (NULL, 'Roof', '4'), (NULL, NULL, '5');
SELECT is(pg_temp.import('keys', '{"project_id": {"columns": ["opened", "topic"]}, "project_value": "amount"}'), '4 inserted, 0 updated, 0 unchanged, 1 rejected',
          'several columns make an id');
SELECT pg_temp.import('keys', '{"project_id": {"columns": ["opened", "topic"], "hash": true}, "project_value": "amount"}') \g /dev/null
SELECT is((SELECT count(DISTINCT monday_id) FROM projects WHERE monday_id ~ '^[0-9a-f]{32}$'), 4::bigint, 'or short keys');
SELECT is(pg_temp.import('keys', '{"project_id": {"columns": ["opened", "topic"], "hash": true}, "project_value": "amount"}'),
          '0 inserted, 0 updated, 4 unchanged, 1 rejected', 'that stay the same');
SELECT is(pg_temp.refusal('keys', '{"project_id": "topic"}'),
    '23505 | import: 2 of 5 rows have a project_id that stood before or cannot be read | Map project_id to the column that identifies a project, or to several: {"columns": ["…", "…"]}; "accept_losses": true in the mapping imports the first row of each.',
    'a column that is no id stops the import');

SELECT * FROM finish();
ROLLBACK;
