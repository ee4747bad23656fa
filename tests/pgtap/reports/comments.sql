-- What people read about an object is in the database: every published one has a comment, every column of it as well.
BEGIN;
SELECT plan(5);

SELECT is_empty($$
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = 'pipeline'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition
      AND obj_description(c.oid, 'pg_class') IS NULL
$$, 'every relation of schema pipeline has a comment');

SELECT is_empty($$
    SELECT c.relname, a.attname
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = 'pipeline'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'c') AND NOT c.relispartition
      AND col_description(c.oid, a.attnum) IS NULL
$$, 'and every column of it, and of the rows that functions return');

SELECT is_empty($$
    SELECT p.oid::regprocedure FROM pg_proc p
    WHERE p.pronamespace IN ('pipeline'::regnamespace, 'pipeline_work'::regnamespace)
      AND obj_description(p.oid, 'pg_proc') IS NULL
$$, 'every function that people or the poller call has a comment');

SELECT is_empty($$
    SELECT m.relation, m.name FROM pipeline_internal.column_meanings() m
    WHERE NOT EXISTS (
        SELECT FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relnamespace = 'pipeline'::regnamespace AND a.attname = m.name AND c.relname = coalesce(m.relation, c.relname))
$$, 'no meaning is left over from a column that is gone');

SELECT is_empty($$
    SELECT m.relation, m.name FROM pipeline_internal.column_meanings() m GROUP BY 1, 2 HAVING count(*) > 1
$$, 'no column has two meanings');

SELECT * FROM finish();
ROLLBACK;
