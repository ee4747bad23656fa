-- ingest_monday_items: what is read, what is refused, what is written and what is enqueued.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(49);
\ir ../include/failure.sql
\ir ../include/monday.sql

-- The worked example: two quotes of a project, hidden items first.
SELECT is(pg_temp.ingest('3',
    pg_temp.item('3', '301', '17425_25.01 - A', '{"reason_for_change": "New Enquiry", "quote_amount": "18737.37", "date_design_completed": "2025-03-01",
        "invoice_date": "2025-05-20", "cust_order_value_material": "1000", "date_order_received": "2025-05-01", "account": "Acme"}'),
    pg_temp.item('3', '302', '17425_25.02 - B', '{"reason_for_change": "Amendment - Other", "quote_amount": "500", "cust_order_value_material": "250.5",
        "account": "Beta"}')),
    '2 created, 0 updated, 0 unchanged, 0 stale, 0 rejected, 0 projects', 'hidden items are read');
SELECT is(pg_temp.ingest('2', pg_temp.item('2', '201', '17425_25.01 - A', parent => '101'), pg_temp.item('2', '202', '17425_25.02 - B', parent => '101')),
    '2 created, 0 updated, 0 unchanged, 0 stale, 0 rejected, 0 projects', 'subitems are read before their project');
SELECT is(pg_temp.ingest('1', pg_temp.item('1', '101', '17425', '{"pipeline_stage": "Open Enquiry", "probability_percent": "50"}')),
    '1 created, 0 updated, 0 unchanged, 0 stale, 0 rejected, 1 projects', 'a project is read last');
SELECT is((SELECT format('%s %s %s %s %s %s %s %s %s', new_enquiry_value, value_band, gestation_period, total_order_value, date_order_received,
                         first_date_designed, first_date_invoiced, project_value, weighted_pipeline)
           FROM projects WHERE monday_id = '101'),
    '18737.37 Medium (15-40k) 80 1250.50 2025-05-01 2025-03-01 2025-05-20 19237.37 9618.69', 'the worked example');
SELECT is((SELECT format('%s %s %s', board_id, state, monday_updated_at AT TIME ZONE 'UTC') FROM projects WHERE monday_id = '101'),
    '1 active 2025-06-01 10:00:00', 'a row knows its board and when it changed there');
SELECT results_eq('SELECT job_type COLLATE "default", project_id COLLATE "default", priority FROM job_queue', $$ VALUES ('analyze', '101', 20) $$,
    'the analysis of the project is enqueued, once');
SELECT is((SELECT count(*) FROM project_history WHERE project_id = '101'), 1::bigint, 'a new project has one version');
SELECT is((SELECT string_agg(format('%s %s %s %s', sync_type, board_name, items_processed, status), ', ' ORDER BY id) FROM sync_log),
    'ingest Quotes 2 completed, ingest Subitems of Projects 2 completed, ingest Projects 1 completed', 'each call without a run is a run of its own');

-- Nothing new.
DELETE FROM job_queue;
CREATE TEMP TABLE rows_before AS SELECT p.xmin::text AS version FROM projects p UNION ALL SELECT s.xmin::text FROM subitems s UNION ALL SELECT h.xmin::text FROM hidden_items h;
SELECT is(pg_temp.ingest('3', pg_temp.item('3', '302', '17425_25.02 - B', '{"reason_for_change": "Amendment - Other", "quote_amount": "500.00",
        "cust_order_value_material": "250.5", "account": "Beta"}')),
    '0 created, 0 updated, 1 unchanged, 0 stale, 0 rejected, 0 projects', 'an item that says the same is not written');
SELECT is(pg_temp.ingest('1', pg_temp.item('1', '101', '17425', '{"pipeline_stage": "Open Enquiry", "probability_percent": "50"}')),
    '0 created, 0 updated, 1 unchanged, 0 stale, 0 rejected, 0 projects', 'nor a project');
SELECT is((SELECT count(*) FROM job_queue), 0::bigint, 'and nothing is enqueued');

-- A change of a hidden item reaches its project.
SELECT is(pg_temp.ingest('3', pg_temp.item('3', '302', '17425_25.02 - B', '{"reason_for_change": "New Enquiry", "quote_amount": "1000"}', '2025-06-02 00:00+00')),
    '0 created, 1 updated, 0 unchanged, 0 stale, 0 rejected, 1 projects', 'a change of a hidden item changes its project');
SELECT is((SELECT format('%s %s %s', new_enquiry_value, total_order_value, account) FROM projects WHERE monday_id = '101'), '19737.37 1000.00 Acme',
    'in its sums and names');
SELECT is((SELECT string_agg(project_id, ' ') FROM job_queue), '101', 'and its analysis is enqueued');
SELECT is((SELECT string_agg(new_enquiry_value::text, ' ' ORDER BY valid_from) FROM project_history WHERE project_id = '101'), '18737.37 19737.37',
    'history has one version more');
DELETE FROM job_queue;
SELECT is(pg_temp.ingest('3', pg_temp.item('3', '302', '17425_25.02 - B', '{"reason_for_change": "New Enquiry", "quote_amount": "1000", "designer": "Ann"}', '2025-06-03 00:00+00')),
    '0 created, 1 updated, 0 unchanged, 0 stale, 0 rejected, 0 projects', 'a field that no forecast reads changes no project');
SELECT is((SELECT designer FROM subitems WHERE monday_id = '202'), 'Ann', 'but the subitem shows it');
SELECT is((SELECT count(*) FROM job_queue), 0::bigint, 'and nothing is analysed');

-- Older news.
SELECT is(pg_temp.ingest('3', pg_temp.item('3', '302', 'Old name', '{"quote_amount": "1"}', '2025-06-01 00:00+00')),
    '0 created, 0 updated, 0 unchanged, 1 stale, 0 rejected, 0 projects', 'an older item is stale');
SELECT is((SELECT format('%s %s', item_name, quote_amount) FROM hidden_items WHERE monday_id = '302'), '17425_25.02 - B 1000.00', 'and overwrites nothing');
SELECT is(pg_temp.ingest('3', pg_temp.item('3', '302', '17425_25.02 - B', '{"quote_amount": "2"}', '2025-06-05 00:00+00'),
                              pg_temp.item('3', '302', '17425_25.02 - B', '{"quote_amount": "3"}', '2025-06-06 00:00+00'),
                              pg_temp.item('3', '302', '17425_25.02 - B', '{"quote_amount": "1"}', '2025-06-04 00:00+00')),
    '0 created, 1 updated, 0 unchanged, 2 stale, 0 rejected, 1 projects', 'of an item that comes more than once the newest counts');
SELECT is((SELECT quote_amount FROM hidden_items WHERE monday_id = '302'), 3.00, 'wherever it stands');
SELECT is((ingest_monday_items('3', '[{"id": "390", "name": "N"}]')).created, 1::bigint, 'an item need not say when it changed');
SELECT is((ingest_monday_items('3', '[{"id": "390", "name": "M"}]')).updated, 1::bigint, 'as long as it never did');
SELECT is((ingest_monday_items('3', '[{"id": "302", "name": "M"}]')).stale, 1::bigint, 'but it is older than any that did');

-- Bad values and bad items.
SELECT is(pg_temp.ingest('3',
    pg_temp.item('3', '303', 'Bad', '{"quote_amount": "(500)", "area": "12%", "material_value": "1.2k", "amount_invoiced": "NaN", "time_taken": "100, 200",
        "invoice_date": "20/05/2025", "date_quoted": "2025-02-30", "designer": "Ann"}'),
    pg_temp.item('3', '304', 'Good', '{"quote_amount": "£1,234.50"}'), '{"name": "without id"}', '7', '{"id": "305", "state": "gone"}'),
    '2 created, 0 updated, 0 unchanged, 0 stale, 10 rejected, 0 projects', 'bad values and bad items are counted');
SELECT is(pg_temp.rejects(),
    '303 amount_invoiced "NaN": not a plain decimal number; 303 area "12%": not a plain decimal number; 303 date_quoted "2025-02-30": no such day in the calendar; '
    '303 invoice_date "20/05/2025": not a day in the format YYYY-MM-DD; 303 material_value "1.2k": not a plain decimal number; '
    '303 quote_amount "(500)": not a plain decimal number; 303 time_taken "100, 200": not a plain decimal number; 305 (item) "{"id": "305", "state": "gone"}": unknown state gone; '
    '- (item) "{"name": "without id"}": item without an id; - (item) "7": not an item', 'each with item, field, value and reason');
SELECT is((SELECT format('%s|%s|%s', designer, quote_amount, invoice_date) FROM hidden_items WHERE monday_id = '303'), 'Ann||', 'the rest of the item is kept, what was refused is unknown');
SELECT is((SELECT quote_amount FROM hidden_items WHERE monday_id = '304'), 1234.50, 'its neighbour is read');
SELECT is((SELECT items_rejected FROM sync_log ORDER BY id DESC LIMIT 1), 10::bigint, 'the run counts them');
SELECT is(pg_temp.ingest('3', NULL, pg_temp.item('3', '304', 'Good', '{"quote_amount": "1234.5"}')),
    '0 created, 0 updated, 1 unchanged, 0 stale, 0 rejected, 0 projects', 'null elements are nothing');
SELECT is(pg_temp.ingest('3', pg_temp.item('3', '306', repeat('n', 10240), jsonb_build_object('designer', repeat('d', 10240), 'account', repeat('a', 10240), 'quote_amount', repeat('9', 10240)))),
    '1 created, 0 updated, 0 unchanged, 0 stale, 1 rejected, 0 projects', 'long texts are kept, what no number can hold is refused');
SELECT is(pg_temp.ingest('2', pg_temp.item('2', '206', repeat('n', 10240))), '1 created, 0 updated, 0 unchanged, 0 stale, 0 rejected, 0 projects', 'a long name');
SELECT is((SELECT link_method FROM subitems WHERE monday_id = '206'), 'exact_name', 'links');

-- Columns that are gone, and such as became something else.
SELECT is((SELECT format('%s %s', i.updated, i.rejected) FROM ingest_monday_items('3', '[{"id": "304", "name": "Good", "updated_at": "2025-06-02T00:00:00Z",
    "column_values": [{"id": "designer", "type": "text", "text": "Bob"}]}]') i), '1 ' || (SELECT count(*) - 1 FROM monday_column WHERE board_id = '3'),
    'a column that is missing is counted once');
SELECT matches(pg_temp.rejects(), '- quote_amount "quote_amount": column is missing; items without it: 1', 'with its field and id');
SELECT is((SELECT format('%s %s', designer, quote_amount) FROM hidden_items WHERE monday_id = '304'), 'Bob 1234.50', 'and its value stays');
SELECT is((SELECT format('%s %s', i.updated, i.rejected) FROM ingest_monday_items('3', '[{"id": "304", "name": "Good", "updated_at": "2025-06-02T00:00:00Z", "state": "archived"}]') i),
    '1 0', 'an item that is no longer active need not bring its columns');
SELECT is((SELECT format('%s %s %s', state, quote_amount, deleted_at = now()) FROM hidden_items WHERE monday_id = '304'), 'archived 1234.50 t', 'and keeps its values');

-- Boards that read numbers and dates otherwise, and labels by id.
UPDATE monday_board SET decimal_mark = ',', date_format = 'DD/MM/YYYY' WHERE board_id = '3';
UPDATE monday_column SET kind = 'status', labels = '{"1": "Won"}' WHERE board_id = '3' AND column_id = 'status';
SELECT is((ingest_monday_items('3', '[{"id": "307", "name": "N", "column_values": [{"id": "quote_amount", "type": "text", "text": "1.234,50 €"},
    {"id": "invoice_date", "type": "text", "text": "20/05/2025"}, {"id": "status", "type": "status", "text": null, "value": "{\"index\":1}"}]}]')).created, 1::bigint, 'another style');
SELECT is((SELECT format('%s %s %s', quote_amount, invoice_date, status) FROM hidden_items WHERE monday_id = '307'), '1234.50 2025-05-20 Won', 'is read by it');

-- A bulk of projects is analysed as a whole.
DELETE FROM job_queue;
SELECT is((SELECT format('%s %s', i.created, i.projects_changed) FROM ingest_monday_items('1', (SELECT jsonb_agg(pg_temp.item('1', 'b' || n, 'B' || n)) FROM generate_series(1, 60) n)) i),
    '60 60', 'a page of projects');
SELECT is((SELECT string_agg(format('%s %s', job_type, project_id IS NULL), ', ') FROM job_queue), 'analyze t', 'is one analysis of all');

-- Errors.
SELECT is(pg_temp.failure(statement), expected, statement)
FROM (VALUES
    ('SELECT ingest_monday_items(''9'', ''[]'')', '22023: unknown board "9"; import_monday_boards() makes a board known.'),
    ('SELECT ingest_monday_items(NULL, ''[]'')', '22004: board_id must not be null; Call ingest_monday_items(''<board id>'', ''[{"id": ..., "name": ..., "column_values": [...]}]'').'),
    ('SELECT ingest_monday_items(''3'', NULL)', '22004: items must not be null; Call ingest_monday_items(''<board id>'', ''[{"id": ..., "name": ..., "column_values": [...]}]'').'),
    ('SELECT ingest_monday_items(''3'', ''{"id": "1"}'')', '22023: items must be a list of items; Give the items as the API returns them: [{"id", "name", "column_values", ...}].'),
    ('SELECT ingest_monday_items(''3'', ''[]'', -1)', 'P0002: unknown sync run -1; begin_sync_run() starts one and returns its number.')
) AS t (statement, expected);
SELECT is((ingest_monday_items('3', '[]')).processed, 0::bigint, 'an empty page is no error');

SELECT * FROM finish();
ROLLBACK;
