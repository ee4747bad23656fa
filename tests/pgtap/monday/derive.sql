-- Derived values: every formula, what is mapped directly, what loses its input, and what no forecast could hold.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(68);
\ir ../include/failure.sql
\ir ../include/monday.sql

-- The formulas.
SELECT is(quote_amount(material, transport, tp, distributor, commission), expected, format('quote of %s + %s at %s + %s + %s %%', material, transport, tp, distributor, commission))
FROM (VALUES
    (1000, 100, 20, 5, 2.5, 1517.24), (1000, 0, NULL, NULL, NULL, 1000.00), (1000, NULL, NULL, NULL, NULL, NULL), (1000, 0, 33.3, NULL, NULL, 1499.25),
    (NULL, 100, 20, 0, 0, NULL), (NULL, NULL, NULL, NULL, NULL, NULL), (1000, 0, 50, 25, 25, NULL), (1000, 0, 110, 0, 0, -10000.00),
    (0.01, 0, 80, 0, 0, 0.05), (2.01, 0, 20, 0, 0, 2.51)
) AS t (material, transport, tp, distributor, commission, expected);
SELECT is(weighted_pipeline_value(amount, percent), expected::numeric, format('%s %% of %s, rounded up', percent, amount))
FROM (VALUES (100, 50, 50), (0.01, 1, 0.01), (19237.37, 33.3, 6406.05), (100, 0, 0), (-0.01, 1, -0.01), (100, NULL, NULL), (NULL, 50, NULL)) AS t (amount, percent, expected);
SELECT is(gestation_between(designed::date, invoiced::date), expected, format('from %s to %s', designed, invoiced))
FROM (VALUES ('2025-03-01', '2025-05-20', 80), ('2025-03-01', NULL, 0), (NULL, '2025-05-20', NULL), (NULL, NULL, NULL), ('2025-05-20', '2025-03-01', 0),
             ('2025-03-01', '2025-03-01', 0), ('1900-01-01', '9999-12-31', 0)) AS t (designed, invoiced, expected);
SELECT is(distinct_list(list), expected, format('"%s"', list))
FROM (VALUES ('b, a ,b', 'b, a'), ('a', 'a'), (' , ,', NULL), ('', NULL), (NULL, NULL), ('a,A', 'a, A')) AS t (list, expected);

-- Hidden items.
SELECT is((ingest_monday_items('3', '[{"id": "h", "name": "H", "column_values": []}]')).created, 1::bigint, 'an item without columns');
DELETE FROM monday_column WHERE board_id = '3' AND field = 'quote_amount';
CREATE FUNCTION pg_temp.hidden(texts jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.ingest('3', pg_temp.item('3', 'h', 'H', texts));
    SELECT format('%s %s', quote_amount, m2_rate) FROM hidden_items WHERE monday_id = 'h';
$$;
SELECT is(pg_temp.hidden('{"material_value": "1000", "transport_cost": "100", "tp_margin": "20", "area": "55"}'), '1375.00 25.00', 'amount and rate per square metre are derived');
SELECT is(pg_temp.hidden('{"material_value": "1000", "transport_cost": "0", "area": "0"}'), '1000.00 ', 'there is no rate for no area');
SELECT is(pg_temp.hidden('{"area": "55"}'), ' ', 'what has no input any more is unknown');
SELECT is(pg_temp.hidden('{"material_value": "1000", "transport_cost": "0", "tp_margin": "99.9999999999999", "area": "1"}'), ' ', 'an amount that no forecast could hold is refused');
SELECT is(pg_temp.rejects(), 'h quote_amount "": derived amount is not below 100,000,000,000,000', 'and counted');
SELECT is(pg_temp.hidden('{"material_value": "1000", "transport_cost": "0", "area": "0.00000000000001"}'), '1000.00 ', 'so is a rate');
INSERT INTO monday_column (board_id, column_id, field, kind) VALUES ('3', 'quote_amount', 'quote_amount', 'formula');
SELECT is(pg_temp.hidden('{"material_value": "1000", "transport_cost": "0", "quote_amount": "7"}'), '7.00 ', 'an amount that the board has is used as it is');
SELECT is(pg_temp.hidden('{"material_value": "1000", "transport_cost": "0", "quote_amount": ""}'), '1000.00 ', 'a formula that cannot be read is derived');
SELECT is(pg_temp.hidden('{"material_value": "1000", "transport_cost": "0", "quote_amount": "1, 2"}'), '1000.00 ', 'so is a list');

-- Projects.
UPDATE monday_column SET kind = 'numbers' WHERE board_id = '3' AND field = 'quote_amount';
SELECT pg_temp.ingest('1', pg_temp.item('1', 'p', 'P', '{"probability_percent": "33.3"}')) \g /dev/null
SELECT is((SELECT format('%s|%s|%s|%s|%s', new_enquiry_value, project_value, total_order_value, gestation_period, account) FROM projects WHERE monday_id = 'p'), '||||', 'a project without subitems has nothing to derive from');
CREATE FUNCTION pg_temp.quote(id text, texts jsonb, at timestamptz DEFAULT '2025-06-01 10:00+00', state text DEFAULT 'active') RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.ingest('3', pg_temp.item('3', 'h' || id, 'Q' || id, texts, at));
    SELECT pg_temp.ingest('2', pg_temp.item('2', 's' || id, 'Q' || id, at => at, parent => 'p', state => state)
        || jsonb_build_object('created_at', format('2025-01-%sT00:00:00Z', lpad(id, 2, '0'))));
$$;
CREATE FUNCTION pg_temp.project(VARIADIC fields text[]) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(coalesce(to_jsonb(p)->>f, '-'), ' ' ORDER BY n) FROM projects p, unnest(fields) WITH ORDINALITY AS t (f, n) WHERE monday_id = 'p'
$$;
SELECT pg_temp.quote('1', '{"quote_amount": "100.10", "reason_for_change": "New Enquiry", "status": "Quoted", "account": "Acme, Beta,Acme", "product_type": "Flat"}'),
       pg_temp.quote('2', '{"quote_amount": "200.20", "reason_for_change": "New enquiry", "status": "Lost", "account": "Gamma"}'),
       pg_temp.quote('3', '{"quote_amount": "300.30", "reason_for_change": "New Enquiry", "status": "Won Closed", "account": "Acme, Beta,Acme", "amount_invoiced": "5"}'),
       pg_temp.quote('4', '{"reason_for_change": "New Enquiry", "account": "Gamma", "product_type": "Tapered"}', '2025-06-02 00:00+00') \g /dev/null
SELECT is(pg_temp.project('new_enquiry_value', 'project_value', 'weighted_pipeline'), '400.40 100.10 33.34', 'sums: exact reason, and statuses that count nothing');
SELECT is(pg_temp.project('total_order_value', 'total_amount_invoiced'), '- 5.00', 'a sum over nothing is unknown');
SELECT is(pg_temp.project('account'), 'Gamma', 'of names that are equally frequent the newest subitem''s');
SELECT pg_temp.quote('5', '{"account": "Acme, Beta,Acme"}') \g /dev/null
SELECT is(pg_temp.project('account'), 'Acme, Beta', 'else the most frequent, each part once');
SELECT is(pg_temp.project('product_type'), 'Tapered', 'blanks do not count');
SELECT pg_temp.quote('3', '{"quote_amount": "300.30", "reason_for_change": "New Enquiry", "status": "Won Closed"}', state => 'archived'), pg_temp.quote('5', '{}', state => 'deleted') \g /dev/null
SELECT is(pg_temp.project('new_enquiry_value', 'project_value', 'total_amount_invoiced', 'account'), '100.10 100.10 - Gamma', 'only active subitems count');
SELECT pg_temp.ingest('2', pg_temp.item('2', 's1', 'Q1', at => '2025-06-03 00:00+00', parent => 'other')) \g /dev/null
SELECT is(pg_temp.project('new_enquiry_value', 'project_value'), '0.00 0.00', 'a subitem that moved takes its value along');
SELECT pg_temp.ingest('1', pg_temp.item('1', 'other', 'O')) \g /dev/null
SELECT is((SELECT new_enquiry_value FROM projects WHERE monday_id = 'other'), 100.10, 'to its new project');
SELECT is(soft_delete_missing_subitems('{p}', '{s2}'), 1::bigint, 'a subitem that its project no longer lists is deleted');
SELECT is((SELECT string_agg(format('%s %s', monday_id, state), ', ' ORDER BY monday_id) FROM subitems WHERE monday_id ~ '^s'),
    's1 active, s2 active, s3 archived, s4 deleted, s5 deleted', 'an archived one stays archived, one of another project stays');
SELECT pg_temp.ingest('1', pg_temp.item('1', 'p', 'P', '{"probability_percent": "33.3", "project_name": "Mine"}', '2025-06-02 00:00+00')),
       pg_temp.quote('2', '{"project_name": "Theirs"}', '2025-06-03 00:00+00') \g /dev/null
SELECT is(pg_temp.project('project_name'), 'Mine', 'a project has its own name');
SELECT pg_temp.ingest('1', pg_temp.item('1', 'p', 'P', '{"probability_percent": "33.3"}', '2025-06-03 00:00+00')) \g /dev/null
SELECT is(pg_temp.project('project_name'), 'Theirs', 'or the most frequent among its hidden items');

-- Sums that no forecast could hold.
SELECT pg_temp.quote('6', '{"quote_amount": "99999999999999", "reason_for_change": "New Enquiry"}'), pg_temp.quote('7', '{"quote_amount": "99999999999999", "reason_for_change": "New Enquiry", "cust_order_value_material": "5"}') \g /dev/null
SELECT is(pg_temp.project('new_enquiry_value', 'project_value', 'weighted_pipeline', 'total_order_value'), '- - - 5.00', 'a sum that is too large is unknown');
SELECT is(pg_temp.rejects(), 'p new_enquiry_value "": derived amount is not below 100,000,000,000,000; p project_value "": derived amount is not below 100,000,000,000,000', 'and counted');
SELECT pg_temp.quote('6', '{}', '2025-06-02 00:00+00'), pg_temp.quote('7', '{}', '2025-06-02 00:00+00') \g /dev/null

-- Settings.
SELECT pg_temp.quote('2', '{"quote_amount": "200.20", "reason_for_change": "Fresh", "status": "Lost"}', '2025-06-04 00:00+00') \g /dev/null
SELECT is(pg_temp.project('new_enquiry_value', 'project_value'), '0.00 0.00', 'by default neither counts');
SELECT configure_pipeline('new_enquiry_reason', 'Fresh') \g /dev/null
SELECT configure_pipeline('statuses_without_value', 'Archived,Won Closed') \g /dev/null
SELECT is((SELECT format('%s %s', d.subitems, d.projects) FROM derive_pipeline_values('{p}') d), '3 1', 'after a change of the settings values are derived anew');
SELECT is(pg_temp.project('new_enquiry_value', 'project_value'), '200.20 200.20', 'by the new ones');
SELECT is((SELECT format('%s %s', d.subitems, d.projects) FROM derive_pipeline_values('{p}') d), '0 0', 'once');

-- A team with one board maps every field straight to it.
INSERT INTO monday_board (board_id, role, name) VALUES ('solo', 'parent', 'Deals');
INSERT INTO monday_column (board_id, column_id, field, kind) VALUES ('solo', 'v', 'new_enquiry_value', 'numbers'), ('solo', 'a', 'account', 'text'),
    ('solo', 'd', 'first_date_designed', 'date'), ('solo', 'i', 'first_date_invoiced', 'date'), ('solo', 'pv', 'project_value', 'mirror'), ('solo', 'p', 'probability_percent', 'numbers');
SELECT is(pg_temp.ingest('solo', pg_temp.item('solo', 'd1', 'Deal', '{"v": "500", "a": "A, A", "d": "2025-01-01", "i": "2025-01-11", "p": "50"}')),
    '1 created, 0 updated, 0 unchanged, 0 stale, 0 rejected, 1 projects', 'one board is enough');
SELECT is((SELECT format('%s|%s|%s|%s', new_enquiry_value, account, gestation_period, project_value) FROM projects WHERE monday_id = 'd1'), '500.00|A, A|10|', 'its values are used as they are, the rest is derived from them');
SELECT is((ingest_monday_items('solo', '[{"id": "d1", "name": "Deal", "updated_at": "2025-06-02T00:00:00Z", "column_values": [{"id": "pv", "type": "mirror", "text": null, "display_value": "1,000"},
    {"id": "v", "type": "numbers", "text": ""}]}]')).updated, 1::bigint, 'a mirror that can be read');
SELECT is((SELECT format('%s|%s|%s', new_enquiry_value, project_value, weighted_pipeline) FROM projects WHERE monday_id = 'd1'), '|1000.00|500.00', 'is used, and a blank number is unknown');
SELECT is((SELECT format('%s %s', d.subitems, d.projects) FROM derive_pipeline_values() d), '1 1', 'deriving everything brings the rest up to date');
SELECT is((SELECT format('%s %s', d.subitems, d.projects) FROM derive_pipeline_values() d), '0 0', 'deriving everything again changes nothing');

-- A team whose subitems hold the quotes.
INSERT INTO monday_column (board_id, column_id, field, kind) VALUES ('2', 'm', 'material_value', 'numbers'), ('2', 't', 'transport_cost', 'numbers'), ('2', 'tp', 'tp_margin', 'numbers'), ('2', 'r', 'reason_for_change', 'text');
SELECT pg_temp.ingest('2', pg_temp.item('2', 's9', 'Unlinked', '{"m": "80", "t": "0", "tp": "20", "r": "Fresh"}', parent => 'other')) \g /dev/null
SELECT is((SELECT format('%s %s %s', link_method, quote_amount, new_enquiry_value) FROM subitems WHERE monday_id = 's9'), 'none 100.00 100.00', 'fields of the subitem''s own board need no hidden item');
SELECT pg_temp.ingest('3', pg_temp.item('3', 'h9', 'Unlinked', '{"material_value": "1", "quote_amount": "70", "designer": "Ann"}')) \g /dev/null
SELECT is((SELECT format('%s %s %s %s', link_method, material_value, quote_amount, designer) FROM subitems WHERE monday_id = 's9'), 'exact_name 80.00 70.00 Ann', 'and go before those of a hidden item');

-- An imported project has no board: nothing is derived over what was imported.
INSERT INTO projects (monday_id, item_name, new_enquiry_value, account) VALUES ('imported', 'I', 77, 'X');
SELECT derive_pipeline_values() \g /dev/null
SELECT is((SELECT format('%s %s', new_enquiry_value, account) FROM projects WHERE monday_id = 'imported'), '77.00 X', 'an imported project keeps its values');

SELECT * FROM finish();
ROLLBACK;
