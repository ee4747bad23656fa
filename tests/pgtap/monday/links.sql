-- Links between subitems and hidden items: by relation, by name, and whoever comes first.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(51);
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

SELECT pg_temp.hide('31', 'A 1'), pg_temp.hide('32', 'B'), pg_temp.hide('33', 'Roof  EAST') \g /dev/null
SELECT pg_temp.sub('21', 'Other', '["32"]'), pg_temp.sub('22', 'A 1'), pg_temp.sub('23', ' roof   east '), pg_temp.sub('24', 'A'), pg_temp.sub('25', '17425'), pg_temp.sub('26', ' ') \g /dev/null
SELECT is(pg_temp.link('21'), 'relation 32 D32', 'a connection comes first');
SELECT is(pg_temp.link('22'), 'exact_name 31 D31', 'then the exact name');
SELECT is(pg_temp.link('23'), 'normalized_name 33 D33', 'then the name without regard to case and blanks');
SELECT is(pg_temp.link('24'), 'none', 'a part of a name is no link');
SELECT pg_temp.hide('34', '17425_25.01 - A') \g /dev/null
SELECT is(pg_temp.link('25'), 'none', 'nor is a leading number');
SELECT pg_temp.hide('35', '') \g /dev/null
SELECT is(pg_temp.link('26'), 'none', 'nor a blank name');
SELECT is((SELECT string_agg(format('%s=%s', name_key, name_key(item_name)), ', ') FROM subitems WHERE name_key <> name_key(item_name)), NULL,
    'the stored key of a name is the one that is compared');

-- A name links only what alone has it, on both sides.
SELECT is((check_links()).state, 'ok', 'each has its own');
SELECT pg_temp.sub('27', 'a  1') \g /dev/null
SELECT is(pg_temp.link('22') || ' ' || pg_temp.link('27'), 'none none', 'a second subitem of the name unlinks the first');
SELECT pg_temp.sub('27', 'A 2', at => '2025-06-02 00:00+00') \g /dev/null
SELECT is(pg_temp.link('22') || ' ' || pg_temp.link('27'), 'exact_name 31 D31 none', 'until it is renamed');
SELECT pg_temp.sub('28', 'A 1') \g /dev/null
SELECT soft_delete_monday_items('2', '{28}') \g /dev/null
SELECT is(pg_temp.link('22'), 'exact_name 31 D31', 'or deleted');
SELECT pg_temp.hide('36', 'a 1') \g /dev/null
SELECT is(pg_temp.link('22'), 'none', 'a second hidden item of the name unlinks as well');
SELECT pg_temp.hide('36', 'a 1', state => 'archived', at => '2025-06-02 00:00+00') \g /dev/null
SELECT is(pg_temp.link('22'), 'exact_name 31 D31', 'while it is active');
SELECT pg_temp.hide(n::text, 'Quote 1', '{"quote_amount": "10"}'), pg_temp.sub('q' || n, 'Quote 1') FROM generate_series(301, 303) n \g /dev/null
SELECT is((SELECT count(*) FROM subitems WHERE monday_id ~ '^q' AND link_method <> 'none'), 0::bigint, 'what many have alike links none of them');
SELECT results_eq($$ SELECT problem, name, subitems, projects, hidden_items, quote_amount FROM ambiguous_links() $$,
    $$ VALUES ('shared name', 'Quote 1', 3::bigint, 1::bigint, 3::bigint, 30::numeric) $$, 'and is listed');
SELECT is((SELECT state || ': ' || detail FROM pipeline_checks() WHERE check_name = 'links'),
    'warn: of 10 subitems 3 share their name with others and are not linked, such as "Quote 1": ambiguous_links() lists them', 'a check says so');
SELECT pg_temp.ingest('2', pg_temp.item('2', 'q303', 'Quote 1', parent => '2', links => '["32"]', at => '2025-06-02 00:00+00')) \g /dev/null
SELECT results_eq($$ SELECT problem, name, subitems, projects FROM ambiguous_links() WHERE problem = 'shared item' $$,
    $$ VALUES ('shared item', 'B', 2::bigint, 2::bigint) $$, 'a hidden item of several projects is listed, too');
SELECT alike((check_links()).detail, '%2 are connected to an item that counts in several projects%', 'and told');

-- Several connections: order or invoice, then the newest, then the lowest id.
SELECT pg_temp.hide('9', 'T'), pg_temp.hide('10', 'T'), pg_temp.sub('t', 'U', '["9", "10"]') \g /dev/null
SELECT is(pg_temp.link('t'), 'relation 9 D9', 'ids are compared as numbers');
SELECT pg_temp.hide('10', 'T', '{}', '2025-06-02 00:00+00') \g /dev/null
SELECT is(pg_temp.link('t'), 'relation 10 D10', 'the one that changed last');
CREATE FUNCTION pg_temp.link_with(texts jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.hide('9', 'T', texts, '2025-06-01 11:00+00');
    SELECT pg_temp.link('t');
$$;
SELECT is(pg_temp.link_with(field) || ', ' || pg_temp.link_with('{}'), 'relation 9 D9, relation 10 D10', 'the one with, not the one without ' || field::text)
FROM unnest(ARRAY['{"cust_order_value_material": "5"}', '{"date_order_received": "2025-01-01"}', '{"invoice_date": "2025-01-01"}',
                  '{"invoice_number": "I1"}', '{"amount_invoiced": "5"}']::jsonb[]) field;
SELECT pg_temp.hide('9', 'T', '{"cust_order_value_material": "0"}', '2025-06-01 11:00+00') \g /dev/null
SELECT is(pg_temp.link('t'), 'relation 10 D10', 'an order value of zero is no order');

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

-- A reason for change that no board has is no reason to count nothing.
SELECT pg_temp.hide('60', 'Roof', '{"quote_amount": "70"}'), pg_temp.sub('61', 'R2', '["60"]') \g /dev/null
SELECT is((SELECT new_enquiry_value FROM subitems WHERE monday_id = '61'), 0::numeric, 'a quote without the reason of a new enquiry is none');
DELETE FROM monday_column WHERE field = 'reason_for_change' AND board_id = '3';
SELECT derive_pipeline_values() \g /dev/null
SELECT is((SELECT new_enquiry_value FROM subitems WHERE monday_id = '61'), 70::numeric, 'where no board has reasons each quote is one');

-- Two sets of boards do not mix; one without a hidden board of its own uses those that there are.
INSERT INTO monday_board (board_id, role, name, parent_board_id) VALUES ('b1', 'parent', 'Other', NULL), ('b2', 'subitem', 'Subitems of Other', 'b1'), ('b3', 'hidden', 'Quotes of Other', 'b1'),
    ('c1', 'parent', 'Third', NULL), ('c2', 'subitem', 'Subitems of Third', 'c1');
INSERT INTO monday_column (board_id, column_id, field, kind) VALUES ('b3', 'designer', 'designer', 'text');
SELECT pg_temp.hide('37', 'C 9') \g /dev/null
SELECT ingest_monday_items('b2', '[{"id": "b", "name": "A 1", "column_values": []}]'), ingest_monday_items('c2', '[{"id": "c", "name": "C 9", "column_values": []}]') \g /dev/null
SELECT is(pg_temp.link('b'), 'none', 'names are looked for on the hidden board of the same parent board');
SELECT is(pg_temp.link('c'), 'exact_name 37 D37', 'where there is none, on all');
SELECT ingest_monday_items('b3', '[{"id": "50", "name": "A 1", "column_values": [{"id": "designer", "text": "D50"}]}]') \g /dev/null
SELECT is(pg_temp.link('b') || ' ' || pg_temp.link('22'), 'exact_name 50 D50 exact_name 31 D31', 'each finds its own, though both have the name');

-- A subitem of the same name on a board of another set is no rival, and keeps nobody from being linked anew.
SELECT pg_temp.sub('29', 'A 1') \g /dev/null
SELECT is(pg_temp.link('22') || ' ' || pg_temp.link('b'), 'none exact_name 50 D50', 'a rival on its own board unlinks one of them');
SELECT pg_temp.sub('29', 'A 3', at => '2025-06-02 00:00+00') \g /dev/null
SELECT is(pg_temp.link('22'), 'exact_name 31 D31', 'and going gives the link back, though another set has the name');
SELECT ingest_monday_items('b2', '[{"id": "d", "name": "A 1", "column_values": []}]') \g /dev/null
SELECT is(pg_temp.link('b') || ' ' || pg_temp.link('22'), 'none exact_name 31 D31', 'two on the other board');
SELECT ingest_monday_items('2', '[{"id": "d", "name": "A 1", "column_values": []}]') \g /dev/null
SELECT is(pg_temp.link('b') || ' ' || pg_temp.link('22'), 'exact_name 50 D50 none', 'one that moves to another board is a rival there, not here');

-- What is not active is linked, too, while no active one has the name.
SELECT pg_temp.hide('70', 'Old'), pg_temp.ingest('2', pg_temp.item('2', '71', 'Old', parent => '1', state => 'archived')) \g /dev/null
SELECT is(pg_temp.link('71'), 'exact_name 70 D70', 'an archived subitem that alone has the name is linked');
SELECT pg_temp.sub('72', 'Old') \g /dev/null
SELECT is(pg_temp.link('71') || ' ' || pg_temp.link('72'), 'none exact_name 70 D70', 'until an active one takes it');
SELECT pg_temp.sub('73', 'Old'), soft_delete_monday_items('2', '{72, 73}') \g /dev/null
SELECT is(pg_temp.link('71') || ' ' || pg_temp.link('72') || ' ' || pg_temp.link('73'), 'exact_name 70 D70 exact_name 70 D70 exact_name 70 D70',
    'when none is active any more, each is linked again, those just deleted as well');
SELECT is((derive_pipeline_values()).subitems, 0::bigint, 'and to derive anew changes nothing');

SELECT * FROM finish();
ROLLBACK;
