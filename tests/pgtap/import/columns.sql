-- infer_import_columns: what a staging table holds, found in all its values.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(17);

CREATE TABLE public.staging (deal text, "Close Date" text, due text, "Amount; net" text, price text, chance text, share text, money text,
                             serial text, nothing text, opened date, weight numeric, flag text);
INSERT INTO staging VALUES
    ('N-1', '14.03.2031', '03/04/2031', '1.250,00 €', '1.250', '40 %', '0,5', 'EUR', '47886', NULL, '2031-02-03', 1.5, '1'),
    ('N-2', '02.04.2031 10:15', '05/06/2031', '(80,5)', '1.300', '55 %', '1', 'USD', '47890', '  ', '2031-02-04', 2.25, '0'),
    ('N-3', 'soon', NULL, '12.000.000,00', '2.000', NULL, '0', 'EUR', '47899', '', NULL, NULL, '1'),
    ('N-3', '5.4.31', '', NULL, NULL, '60 %', NULL, 'EUR', '47901', NULL, NULL, NULL, NULL);

CREATE TEMP TABLE found AS SELECT * FROM infer_import_columns('staging');
SELECT results_eq('SELECT column_number, column_name, kind FROM found ORDER BY 1', $$ VALUES
    (1, 'deal', 'text'), (2, 'Close Date', 'day'), (3, 'due', 'day'), (4, 'Amount; net', 'number'), (5, 'price', 'number'),
    (6, 'chance', 'percent'), (7, 'share', 'number'), (8, 'money', 'currency'), (9, 'serial', 'number'), (10, 'nothing', 'blank'),
    (11, 'opened', 'day'), (12, 'weight', 'number'), (13, 'flag', 'number') $$, 'every column has a kind, in order');
SELECT is((SELECT format('%s %s %s %s', format, value_count, blank_count, known_count) FROM found WHERE column_name = 'Close Date'),
          'DD/MM/YYYY 4 0 3', 'days: their order, and how many are known');
SELECT is((SELECT evidence FROM found WHERE column_name = 'Close Date'), '"14.03.2031" is a day as DD/MM/YYYY only', 'with the value that tells it');
SELECT is((SELECT refused_samples FROM found WHERE column_name = 'Close Date'), '{soon}', 'and those that are none');
SELECT is((SELECT format('%s|%s', coalesce(format, 'unknown'), ambiguous) FROM found WHERE column_name = 'due'),
          'unknown|{"\"03/04/2031\" is 2031-04-03 as DD/MM/YYYY","\"03/04/2031\" is 2031-03-04 as MM/DD/YYYY"}', 'what can be read twice is not decided');
SELECT is((SELECT format('%s %s %s %s', decimal_mark, thousands_mark, currencies, known_count) FROM found WHERE column_name = 'Amount; net'),
          ', . {EUR} 3', 'numbers: their marks and currencies');
SELECT is((SELECT format('%s %s', decimal_mark, thousands_mark) FROM found WHERE column_name = 'price'), ', .',
          'a column that does not tell has the mark of the rest of the file');
SELECT is((SELECT format('%s %s', percent_scale, readings->'number'->>'known') FROM found WHERE column_name = 'chance'), '100 3', 'percentages');
SELECT is((SELECT percent_scale FROM found WHERE column_name = 'share'), 1, 'shares are within 0 and 1');
SELECT is((SELECT percent_scale FROM found WHERE column_name = 'flag'), NULL, 'of 0 and 1 alone nobody knows the scale');
SELECT is((SELECT currencies FROM found WHERE column_name = 'money'), '{EUR,USD}', 'currencies by themselves');
SELECT is((SELECT readings->'day'->>'format' FROM found WHERE column_name = 'serial'), 'excel', 'a number may be a day as well');
SELECT is((SELECT format FROM found WHERE column_name = 'opened'), 'YYYY-MM-DD', 'a column that is no text is read as ISO');
SELECT is((SELECT distinct_count FROM found WHERE column_name = 'deal'), 3::bigint, 'how many values differ');
SELECT is((SELECT samples FROM found WHERE column_name = 'deal'), '{N-1,N-2,N-3}', 'and some of them');

-- Many values are read once, and what is kept of them is bounded.
CREATE TABLE public.many AS SELECT 'id ' || i AS id, to_char(date '2031-01-01' + i % 300, 'DD-MM-YY') AS due FROM generate_series(1, 20000) i;
SELECT is((SELECT format('%s %s', abs(distinct_count - 20000) < 3000, cardinality(samples)) FROM infer_import_columns('many') WHERE column_number = 1),
          't 5', 'of many values their number is estimated');
SELECT is((SELECT format('%s %s', format, known_count) FROM infer_import_columns('many') WHERE column_number = 2), 'DD/MM/YYYY 20000',
          'years of two digits repeat, and days do not');

SELECT * FROM finish();
ROLLBACK;
