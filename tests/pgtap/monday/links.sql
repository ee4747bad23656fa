-- Links between subitems and hidden items: by relation, by name, and whoever comes first.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(32);
\ir ../include/monday.sql

-- How a subitem is linked: method and hidden item.
CREATE FUNCTION pg_temp.link(subitem text) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', link_method, hidden_item_id, designer) FROM subitems WHERE monday_id = subitem
$$;
-- Hidden items say in `designer` who they are.
CREATE FUNCTION pg_temp.hide(id text, name text, texts jsonb DEFAULT '{}', at timestamptz DEFAULT '2025-06-01 10:00+00', state text DEFAULT 'active')
RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.ingest('3', pg_temp.item('3', id, name, texts || jsonb_build_object('designer', 'D' || id), at, state => state))
$$;
CREATE FUNCTION pg_temp.sub(id text, name text, links jsonb DEFAULT '[]', at timestamptz DEFAULT '2025-06-01 10:00+00') RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.ingest('2', pg_temp.item('2', id, name, at => at, parent => '1', links => links))
$$;

SELECT pg_temp.hide('31', 'A 1'), pg_temp.hide('32', 'B'), pg_temp.hide('33', '  b  ') \g /dev/null
SELECT pg_temp.sub('21', 'A 1', '["32"]'), pg_temp.sub('22', 'A 1'), pg_temp.sub('23', ' a   1 '), pg_temp.sub('24', 'A'), pg_temp.sub('25', '17425'), pg_temp.sub('26', ' ') \g /dev/null
SELECT is(pg_temp.link('21'), 'relation 32 D32', 'a connection comes first');
SELECT is(pg_temp.link('22'), 'exact_name 31 D31', 'then the exact name');
SELECT is(pg_temp.link('23'), 'normalized_name 31 D31', 'then the name without regard to case and blanks');
SELECT is(pg_temp.link('24'), 'none', 'a part of a name is no link');
SELECT pg_temp.hide('34', '17425_25.01 - A') \g /dev/null
SELECT is(pg_temp.link('25'), 'none', 'nor is a leading number');
SELECT pg_temp.hide('35', '') \g /dev/null
SELECT is(pg_temp.link('26'), 'none', 'nor a blank name');
SELECT is((SELECT string_agg(format('%s=%s', name_key, name_key(item_name)), ', ') FROM subitems WHERE name_key <> name_key(item_name)), NULL,
    'the stored key of a name is the one that is compared');
SELECT pg_temp.sub('27', 'b') \g /dev/null
SELECT is(pg_temp.link('27'), 'normalized_name 32 D32', 'of two that are equally good the lowest id counts');
SELECT pg_temp.sub('28', '  b  ') \g /dev/null
SELECT is(pg_temp.link('28'), 'exact_name 33 D33', 'the exact name before the lowest id');

-- Several candidates: order or invoice, then the newest, then the lowest id.
SELECT pg_temp.hide('9', 'T'), pg_temp.hide('10', 'T'), pg_temp.sub('t', 'T') \g /dev/null
SELECT is(pg_temp.link('t'), 'exact_name 9 D9', 'ids are compared as numbers');
SELECT pg_temp.hide('10', 'T', '{}', '2025-06-02 00:00+00') \g /dev/null
SELECT is(pg_temp.link('t'), 'exact_name 10 D10', 'the one that changed last');
CREATE FUNCTION pg_temp.link_with(texts jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.hide('9', 'T', texts, '2025-06-01 11:00+00');
    SELECT pg_temp.link('t');
$$;
SELECT is(pg_temp.link_with(field) || ', ' || pg_temp.link_with('{}'), 'exact_name 9 D9, exact_name 10 D10', 'the one with, not the one without ' || field::text)
FROM unnest(ARRAY['{"cust_order_value_material": "5"}', '{"date_order_received": "2025-01-01"}', '{"invoice_date": "2025-01-01"}',
                  '{"invoice_number": "I1"}', '{"amount_invoiced": "5"}']::jsonb[]) field;
SELECT pg_temp.hide('9', 'T', '{"cust_order_value_material": "0"}', '2025-06-01 11:00+00') \g /dev/null
SELECT is(pg_temp.link('t'), 'exact_name 10 D10', 'an order value of zero is no order');

-- Whatever changes on either side.
SELECT pg_temp.sub('s', 'Late'), pg_temp.sub('r', 'R', '["41"]') \g /dev/null
SELECT is(pg_temp.link('s') || pg_temp.link('r'), 'nonenone', 'subitems may come first');
SELECT pg_temp.hide('40', 'Late'), pg_temp.hide('41', 'X') \g /dev/null
SELECT is(pg_temp.link('s'), 'exact_name 40 D40', 'and find their hidden item by name');
SELECT is(pg_temp.link('r'), 'relation 41 D41', 'or by the connection when it comes');
SELECT pg_temp.hide('40', 'Renamed', at => '2025-06-02 00:00+00') \g /dev/null
SELECT is(pg_temp.link('s'), 'none', 'a hidden item that was renamed is no longer linked');
SELECT is((SELECT designer FROM subitems WHERE monday_id = 's'), NULL, 'and nothing of it is seen any more');
SELECT pg_temp.sub('s', 'renamed', at => '2025-06-02 00:00+00') \g /dev/null
SELECT is(pg_temp.link('s'), 'normalized_name 40 D40', 'a subitem that was renamed finds it again');
SELECT pg_temp.sub('r', 'R', '["40"]', '2025-06-02 00:00+00') \g /dev/null
SELECT is(pg_temp.link('r'), 'relation 40 D40', 'a connection may change');
SELECT pg_temp.hide('40', 'Renamed', state => 'archived', at => '2025-06-03 00:00+00') \g /dev/null
SELECT is(pg_temp.link('r') || pg_temp.link('s'), 'nonenone', 'what was archived is not linked');
SELECT pg_temp.hide('40', 'Renamed', at => '2025-06-03 00:00+00') \g /dev/null
SELECT is(pg_temp.link('r'), 'relation 40 D40', 'what was restored is');
SELECT is(soft_delete_monday_items('3', '{40, 99}'), 1::bigint, 'an item is deleted once');
SELECT is(pg_temp.link('r'), 'none', 'what was deleted is not linked');
SELECT pg_temp.sub('r', 'R', '["40", "41"]', '2025-06-03 00:00+00') \g /dev/null
SELECT is(pg_temp.link('r'), 'relation 41 D41', 'of several connections those that exist count');

-- Two sets of boards do not mix; one without a hidden board of its own uses those that there are.
INSERT INTO monday_board (board_id, role, name, parent_board_id) VALUES ('b1', 'parent', 'Other', NULL), ('b2', 'subitem', 'Subitems of Other', 'b1'), ('b3', 'hidden', 'Quotes of Other', 'b1'),
    ('c1', 'parent', 'Third', NULL), ('c2', 'subitem', 'Subitems of Third', 'c1');
INSERT INTO monday_column (board_id, column_id, field, kind) VALUES ('b3', 'designer', 'designer', 'text');
SELECT ingest_monday_items('b2', '[{"id": "b", "name": "A 1", "column_values": []}]'), ingest_monday_items('c2', '[{"id": "c", "name": "A 1", "column_values": []}]') \g /dev/null
SELECT is(pg_temp.link('b'), 'none', 'names are looked for on the hidden board of the same parent board');
SELECT is(pg_temp.link('c'), 'exact_name 31 D31', 'where there is none, on all');
SELECT ingest_monday_items('b3', '[{"id": "50", "name": "A 1", "column_values": [{"id": "designer", "text": "D50"}]}]') \g /dev/null
SELECT is(pg_temp.link('b') || ' ' || pg_temp.link('22'), 'exact_name 50 D50 exact_name 31 D31', 'each finds its own');

SELECT * FROM finish();
ROLLBACK;
