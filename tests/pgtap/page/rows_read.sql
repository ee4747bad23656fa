-- What the page and the views of health read, in rows and not in time, at two sizes.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(13);

CREATE FUNCTION pg_temp.counter() RETURNS bigint LANGUAGE sql AS $$
    SELECT sum(pg_stat_get_xact_tuples_returned(c.oid) + pg_stat_get_xact_tuples_fetched(c.oid))::bigint
    FROM pg_class c
    WHERE c.oid IN ('projects'::regclass, 'subitems'::regclass, 'hidden_items'::regclass, 'pipeline_data.project_dimension'::regclass)
$$;
\ir ../include/rows_of.sql
-- One in a hundred was invoiced as a whole, and half of these in the last half year.
CREATE FUNCTION pg_temp.fill(first integer, last integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO projects (monday_id, item_name, account, new_enquiry_value, board_id, total_amount_invoiced, last_date_invoiced)
    SELECT 'p' || n, 'Brücke ' || n, 'Konto ' || n % 50, n, CASE WHEN n % 20 = 0 THEN '7' END, CASE WHEN n % 100 = 0 THEN n END,
           CASE WHEN n % 100 = 0 THEN pipeline_today() - CASE n % 200 WHEN 0 THEN 20 ELSE 2000 END END
    FROM generate_series(first, last) AS n;
    ANALYZE projects;
END $$;
INSERT INTO monday_board (board_id, name, role, is_active) VALUES ('7', 'Brücken', 'parent', true);

SELECT pg_temp.fill(1, 2000) \g /dev/null
SELECT is(forecast_months_document()->'months'->0->>'actual_value', '11000.00', 'what was invoiced on projects is an actual');
SELECT cmp_ok(pg_temp.rows_of('SELECT forecast_months_document()'), '<', 100::bigint, 'months without a filter read the projects that were invoiced');
SELECT cmp_ok(pg_temp.rows_of('SELECT row_count FROM data_freshness'), '<', 250::bigint, 'the rows of a board are counted by its index');
SELECT is(pg_temp.rows_of('SELECT board_id, last_sync, overdue FROM data_freshness'), 0::bigint, 'and only for who asks');
SELECT is((SELECT row_count FROM data_freshness), 100::bigint, 'as many as there are');

-- Ten times as many projects.
SELECT pg_temp.fill(2001, 20000) \g /dev/null
SELECT cmp_ok(pg_temp.rows_of('SELECT forecast_months_document()'), '<', 1000::bigint, 'of ten times as many, ten times as many');
SELECT cmp_ok(pg_temp.rows_of('SELECT row_count FROM data_freshness'), '<', 2500::bigint, 'likewise the rows of a board');
SELECT cmp_ok(pg_temp.rows_of($$ SELECT projects_document('p1777') $$), '<', 100::bigint, 'one project is found by its id');

-- By a part of its name, once there is the index that docs/page.md names.
SELECT cmp_ok(pg_temp.rows_of($$ SELECT projects_document('cke 1777') $$), '>=', 20000::bigint, 'by a part of its name all are read');
CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public;
CREATE INDEX projects_search_idx ON projects USING gin (
    pipeline_internal.project_search_text(item_name, project_name, account, sales_representative) public.gin_trgm_ops);
SELECT cmp_ok(pg_temp.rows_of($$ SELECT projects_document('cke 1777') $$), '<', 200::bigint, 'and with an index of trigrams those that may be meant');
SELECT is(projects_document('CKE 1777')->>'total', '11', 'which finds what was found without');
SELECT pg_temp.fill(20001, 60000) \g /dev/null
SELECT is(projects_document('CKE 1777')->>'total', '11', 'of three times as many projects');
SELECT cmp_ok(pg_temp.rows_of($$ SELECT projects_document('cke 1777') $$), '<', 200::bigint, 'no more are read');

SELECT * FROM finish();
ROLLBACK;
