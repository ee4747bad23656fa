-- Board configurations: imported, proposed, and compared with the boards as they are.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(69);
\ir ../include/failure.sql

CREATE FUNCTION pg_temp.config(changes jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('boards', jsonb_build_array(
        '{"board_id": "2", "role": "subitem", "name": "Subitems", "parent_board_id": "1", "columns": [
            {"column_id": "link", "title": "Hidden Item", "kind": "board_relation", "field": "hidden_item_id"}]}'::jsonb,
        '{"board_id": "1", "role": "parent", "name": "Projects", "currency": "EUR", "columns": [
            {"column_id": "stage", "title": "Stage", "kind": "status", "field": "pipeline_stage"},
            {"column_id": "type", "title": "Type", "kind": "status", "field": "type"},
            {"column_id": "days", "title": "Days", "kind": "numbers", "field": "expected_gestation_days", "writable": true},
            {"column_id": "note", "title": "Note", "kind": "text"}]}'::jsonb || changes))
$$;
CREATE FUNCTION pg_temp.import(config jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s %s', board_id, columns, action), ', ' ORDER BY board_id) FROM import_monday_boards(config)
$$;

-- Import.
SELECT is(pg_temp.import(pg_temp.config()), '1 3 created, 2 1 created', 'boards are imported, in whatever order they stand');
SELECT results_eq($$ SELECT board_id COLLATE "default", role, name, parent_board_id COLLATE "default", currency, decimal_mark, date_format, is_active FROM monday_board ORDER BY 1 $$,
    $$ VALUES ('1', 'parent', 'Projects', NULL, 'EUR', '.', 'YYYY-MM-DD', true), ('2', 'subitem', 'Subitems', '1', NULL, '.', 'YYYY-MM-DD', true) $$,
    'with their defaults');
SELECT results_eq($$ SELECT column_id COLLATE "default", field COLLATE "default", kind, title, writable FROM monday_column WHERE board_id = '1' ORDER BY 1 $$,
    $$ VALUES ('days', 'expected_gestation_days', 'numbers', 'Days', true), ('stage', 'pipeline_stage', 'status', 'Stage', false), ('type', 'type', 'status', 'Type', false) $$,
    'a column without a field is not kept');
SELECT is(pg_temp.import(pg_temp.config()), '1 3 unchanged, 2 1 unchanged', 'a second import changes nothing');
UPDATE monday_column SET labels = '{"1": "Won"}' WHERE column_id IN ('stage', 'type');
UPDATE monday_board SET high_water_mark = now();
SELECT is(pg_temp.import(pg_temp.config('{"name": "Deals"}')), '1 3 updated, 2 1 unchanged', 'a board may be renamed');
SELECT is((SELECT format('%s %s', b.name, c.labels) FROM monday_board b JOIN monday_column c USING (board_id) WHERE column_id = 'stage'), 'Deals {"1": "Won"}', 'labels that the board gave stay');
SELECT is((SELECT count(*) FROM monday_board WHERE high_water_mark = now()), 2::bigint, 'and what was read counts as read');
SELECT is(pg_temp.import(pg_temp.config('{"columns": [{"column_id": "stage", "kind": "status", "field": "type"}, {"column_id": "type", "kind": "status", "field": "pipeline_stage"},
    {"column_id": "prob", "kind": "numbers", "field": "probability_percent"}]}')), '1 3 updated, 2 1 unchanged', 'columns may change places');
SELECT is((SELECT string_agg(format('%s=%s %s', column_id, field, labels), ', ' ORDER BY column_id) FROM monday_column WHERE board_id = '1'),
    'prob=probability_percent , stage=type {"1": "Won"}, type=pipeline_stage {"1": "Won"}', 'labels belong to the column');
SELECT is((SELECT string_agg(format('%s %s', board_id, high_water_mark IS NULL), ', ' ORDER BY board_id) FROM monday_board), '1 t, 2 f', 'the board is read anew as a whole');
UPDATE monday_board SET high_water_mark = now(), is_active = false WHERE board_id = '1';
SELECT is(pg_temp.import(pg_temp.config('{"decimal_mark": ",", "columns": []}')), '1 0 updated, 2 1 unchanged', 'a board without columns');
SELECT is((SELECT format('%s %s', is_active, high_water_mark IS NULL) FROM monday_board WHERE board_id = '1'), 't t', 'an imported board is active, and another style is read anew');
SELECT is(pg_temp.import('{"boards": [{"board_id": "3", "role": "hidden", "name": "Quotes", "parent_board_id": "1", "columns": []}]}'), '3 0 created', 'a board may be added to those that are known');
SELECT is((SELECT count(*) FROM monday_board), 3::bigint, 'which stay');
SELECT is(pg_temp.import(pg_temp.config()), '1 3 updated, 2 1 unchanged', 'the first configuration again');

-- What is refused.
SELECT is(pg_temp.failure(format('SELECT import_monday_boards(%L)', config)), expected, expected)
FROM (VALUES
    (pg_temp.config('{"columns": [{"column_id": "x", "kind": "text", "field": "colour"}]}')::text, '22023: board configuration: board "1", column "x": a parent board has no field "colour"; Its fields are: '
        || (SELECT string_agg(field, ', ') FROM monday_fields('parent')) || '.'),
    (pg_temp.config('{"role": "main"}')::text, '22023: board configuration: board "1": unknown role "main"; Roles are parent, subitem and hidden.'),
    (pg_temp.config('{"columns": [{"column_id": "x", "kind": "button", "field": "type"}]}')::text,
     '22023: board configuration: board "1", column "x": columns of kind "button" cannot be read; Kinds are those of the API, for example numbers, date, status, text.'),
    (pg_temp.config('{"role": "hidden", "parent_board_id": "1", "columns": []}')::text,
     '22023: board configuration: board "2": its parent board "1" is a hidden board; A configuration is {"boards": [{"board_id", "role", "name", "columns": [...]}]}; docs/monday.md shows one.'),
    ('{"boards": [{"board_id": "1", "role": "hidden", "name": "x", "parent_board_id": "7", "columns": []}]}',
     '22023: board configuration: board "1" is a parent board already; Its rows lie in another table. To start anew, delete it from monday_board first.'),
    ('{"boards": [{"board_id": "8", "role": "hidden", "name": "x", "parent_board_id": "7", "columns": []}]}',
     '22023: board configuration: board "8": its parent board "7" is unknown; Describe the parent board in the same configuration.'),
    ('{"boards": [{"board_id": "8", "role": "hidden", "name": "x", "parent_board_id": "2", "columns": []}]}',
     '22023: board configuration: board "8": its parent board "2" is a subitem board; Describe the parent board in the same configuration.'),
    ('{"boards": [{"board_id": "8", "role": "parent", "name": "x", "currency": "USD", "columns": []}]}',
     '22023: board configuration: boards have different currencies: EUR, USD; Amounts of all boards are summed and nothing is converted; one pipeline has one currency.')
) AS t (config, expected);
SELECT is(pg_temp.failure('SELECT import_monday_boards(NULL)'), '22004: config must not be null; Call import_monday_boards(''{"boards": [...]}'').', 'null');
SELECT is((SELECT count(*) FROM monday_board WHERE board_id IN ('7', '8')), 0::bigint, 'what is refused leaves nothing');

-- Proposals.
SELECT results_eq($$ SELECT * FROM propose_monday_mapping('[{"id": "a", "title": "Pipeline Stage", "type": "status"}, {"id": "b", "title": "Probability %", "type": "numbers"},
    {"id": "c", "title": "Subitems", "type": "subtasks"}, {"id": "d", "title": "Stage", "type": "text"}]', 'parent') $$,
    $$ VALUES ('a', 'Pipeline Stage', 'status', 'pipeline_stage', 'title'), ('b', 'Probability %', 'numbers', 'probability_percent', 'similar title'),
              ('c', 'Subitems', 'subtasks', NULL, 'columns of kind subtasks are not read'), ('d', 'Stage', 'text', NULL, 'field pipeline_stage is proposed for column a') $$,
    'a mapping is proposed by title');
SELECT is(pg_temp.failure(statement), expected, statement)
FROM (VALUES
    ('SELECT propose_monday_mapping(''[]'', ''main'')', '22023: unknown role "main"; Roles are parent, subitem and hidden.'),
    ('SELECT propose_monday_mapping(''{}'', ''parent'')', '22023: board_columns must be a list of columns; Give the columns as the API returns them: [{"id", "title", "type"}].'),
    ('SELECT propose_monday_mapping(NULL, ''parent'')', '22004: board_columns must not be null; Give the columns of a board as the API returns them, and parent, subitem or hidden.'),
    ('SELECT propose_monday_mapping(''[]'', NULL)', '22004: role must not be null; Give the columns of a board as the API returns them, and parent, subitem or hidden.')
) AS t (statement, expected);

-- What the columns hold is evidence as well.
CREATE FUNCTION pg_temp.proposed(columns jsonb, role text DEFAULT 'parent') RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s=%s', column_id, coalesce(field, reason)), E'\n') FROM propose_monday_mapping(columns, role)
$$;
SELECT is(pg_temp.proposed('[{"id": "a", "title": "Fortschritt", "type": "status", "settings": {"labels": [{"id": 1, "label": "Angebot"}, {"id": 2, "label": "Gewonnen"}, {"id": 3, "label": "Verloren"}]}},
    {"id": "b", "title": "Status", "type": "text", "samples": ["12", "7.5"]}, {"id": "c", "title": "Farbe", "type": "status", "settings_str": "{}"}]'),
    E'a=pipeline_stage\nb=its values are numbers, which field pipeline_stage cannot hold\nc=no field has such a title', 'labels that are won and lost are stages, whatever the title');
SELECT is(pg_temp.proposed('[{"id": "a", "title": "Wahrscheinlichkeit", "type": "numbers", "samples": ["0.25", "0.9", "1"]}, {"id": "b", "title": "Chance", "type": "numbers", "samples": ["250"]}]'),
    E'a=its values are shares of 1, and field probability_percent is read in percent: multiply them by 100\nb=its values go beyond 100, and field probability_percent is in percent',
    'values that are no percentage');
SELECT is(pg_temp.proposed('[{"id": "a", "title": "Betrag", "type": "text", "samples": ["offen", "auf Anfrage"]}, {"id": "b", "title": "Wert", "type": "numbers", "samples": ["5"]}, {"id": "c", "title": "Summe", "type": "numbers", "samples": ["5", "6"]}]'),
    E'a=its values are words, which field new_enquiry_value cannot hold\nb=field new_enquiry_value is proposed for column c\nc=new_enquiry_value', 'of titles alike the column that more items fill');
SELECT is(pg_temp.proposed('[{"id": "s", "title": "Subitems", "type": "subtasks"}, {"id": "a", "title": "Client", "type": "mirror", "settings": {"relation_column": {"s": true}}, "samples": ["X"]},
    {"id": "b", "title": "Société", "type": "mirror", "settings": {"relation_column": {"link": true}}, "samples": ["Y"]}]'),
    E's=columns of kind subtasks are not read\na=field account is derived; a mirror is better not read\nb=account', 'a mirror of a connection is read, one of the subitems is not');
SELECT is(pg_temp.proposed('[{"id": "r1", "title": "Kontakte", "type": "board_relation"}, {"id": "r2", "title": "Angebote", "type": "board_relation", "is_link": true}, {"id": "v", "title": "Wert", "type": "numbers"}]', 'subitem'),
    E'r1=no field has such a title\nr2=hidden_item_id\nv=new_enquiry_value', 'the connection that leads to the quotes, and what subitems are worth');
SELECT is(pg_temp.proposed('[{"id": "w", "title": "Montant", "type": "numbers"}, {"id": "f", "title": "Facturé", "type": "numbers"}, {"id": "d", "title": "Date de facture", "type": "date"}, {"id": "c", "title": "Client", "type": "text"}]', 'hidden'),
    E'w=quote_amount\nf=amount_invoiced\nd=invoice_date\nc=account', 'what is called alike of a project and of a quote');

-- Stages in the file.
SELECT is(jsonb_array_length(monday_config_stages('{"boards": []}')), 0, 'a file need not say anything of stages');
SELECT is(pg_temp.failure(format('SELECT monday_config_stages(%L)', stages)), expected, expected)
FROM (VALUES
    ('{"stages": {}}', '22023: board configuration: "stages" must be a list; A stage is {"stage", "stage_bucket", "outcome", "default_probability"}.'),
    ('{"stages": [{"stage_bucket": "Open"}]}', '22023: board configuration: stage "" needs a name; "stage" is the text of the label.'),
    ('{"stages": [{"stage": "Grau", "stage_bucket": "Won"}]}', '22023: board configuration: stage "Grau": "stage_bucket" must not be Won; It is one of Committed, Open, Lost.'),
    ('{"stages": [{"stage": "Grau", "stage_bucket": "Open", "outcome": null}]}', '22023: board configuration: stage "Grau": "outcome" must not be null; It is one of won, lost, open.'),
    ('{"stages": [{"stage": "Grau", "stage_bucket": "Open", "outcome": "open", "default_probability": 30}]}', '22023: board configuration: stage "Grau": "default_probability" must not be 30; It is a number from 0 to 1.'),
    ('{"stages": [{"stage": "Grau", "stage_bucket": "Lost", "outcome": "lost", "default_probability": 0}, {"stage": " Grau ", "stage_bucket": "Lost", "outcome": "lost", "default_probability": 0}]}',
     '22023: board configuration: stage "Grau" stands more than once; Keep one of its rules.')
) AS t (stages, expected);
INSERT INTO projects (monday_id, item_name, pipeline_stage, new_enquiry_value) VALUES ('w1', 'W', 'Storniert', 100), ('w2', 'W', 'Mal sehen', 250);
SELECT results_eq($$ SELECT stage, projects, contract_value, stage_bucket, default_probability, outcome, reason, statement FROM stage_rules_to_add('{"stages": [{"stage": "Mal sehen", "stage_bucket": "Open", "outcome": "open", "default_probability": 0.35},
        {"stage": "Nie", "stage_bucket": null}, {"stage": "Lost", "stage_bucket": "Open", "outcome": "open", "default_probability": 1}]}') $$,
    $$ VALUES ('Mal sehen', 1::bigint, 250::numeric, 'Open', 0.35, 'open', 'of the board file', 'INSERT INTO pipeline.pipeline_stage (stage, stage_bucket, default_probability, default_spread, outcome) VALUES (''Mal sehen'', ''Open'', 0.35, 0.15, ''open'');'),
        ('Storniert', 1, 100, 'Lost', 0, 'lost', 'a word for lost', 'INSERT INTO pipeline.pipeline_stage (stage, stage_bucket, default_probability, default_spread, outcome) VALUES (''Storniert'', ''Lost'', 0, NULL, ''lost'');') $$,
    'stages without a rule, their projects, and what is proposed for them');
SELECT pg_temp.import('{"boards": [{"board_id": "1", "role": "parent", "name": "Projects", "columns": [{"column_id": "x", "title": "X", "kind": "text", "field": null}]}], "possible_fields": {"parent": ["type"]},
    "stages": [{"stage": "Mal sehen", "stage_bucket": "Open", "outcome": "open", "default_probability": 0.35, "items": 1, "reason": "x"}, {"stage": "Lost", "stage_bucket": "Open", "outcome": "open", "default_probability": 1}]}') \g /dev/null
SELECT results_eq($$ SELECT stage, stage_bucket, default_probability, default_spread FROM pipeline_stage WHERE stage IN ('Mal sehen', 'Lost') ORDER BY 1 $$,
    $$ VALUES ('Lost', 'Lost', 0.00000, NULL), ('Mal sehen', 'Open', 0.35000, 0.15000) $$, 'the owner adds the rules of the file, and those that are there stay');
SELECT is((SELECT string_agg(stage, ' ') FROM stage_rules_to_add()), 'Storniert', 'what is left');
DELETE FROM projects WHERE monday_id IN ('w1', 'w2');
SELECT pg_temp.import(pg_temp.config()) \g /dev/null
SELECT results_eq($$ SELECT * FROM stage_rules_of_labels('{"labels": [{"id": 1, "index": 2, "label": "Rot"}, {"id": 2, "index": 1, "label": "Blau"}, {"id": 3, "index": 0, "label": "Lost"}, {"id": 4, "index": 3, "label": "Ende", "is_done": true}]}', '{"Rot": 4}') $$,
    $$ VALUES ('Blau', 'Open', 0.33000, 'open', 'no word of it is known: an open stage, by its place', 0::bigint), ('Rot', 'Open', 0.66000, 'open', 'no word of it is known: an open stage, by its place', 4),
        ('Ende', 'Committed', 1.00000, 'won', 'done on the board', 0) $$, 'rules for labels that have none, by the order of the board');
SELECT results_eq($$ SELECT need FROM board_file_gaps('[{"board_id": "1", "role": "parent", "name": "P", "columns": [{"field": null}, {"field": "follow_up_date"}]}, {"board_id": "2", "role": "subitem", "parent_board_id": "1", "columns": [{"field": "quote_amount"}]}]') $$,
    $$ VALUES ('stage') $$, 'what a forecast needs and no column of the file holds');

-- The boards as they are.
CREATE FUNCTION pg_temp.problems(actual jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s %s %s', board_id, coalesce(column_id, '-'), coalesce(field, '-'), problem), E'\n' ORDER BY board_id, column_id, field)
    FROM check_monday_boards(actual) WHERE problem !~ '^(unmapped: no column|needed: )'
$$;
UPDATE monday_board SET is_active = false WHERE board_id = '3';
SELECT is(pg_temp.problems('[{"id": "1", "columns": [{"id": "stage", "title": "Stage", "type": "status"}, {"id": "type", "title": "Type", "type": "status"}, {"id": "days", "title": "Days", "type": "numbers"}]},
    {"id": "2", "columns": [{"id": "link", "title": "Hidden Item", "type": "board_relation"}]}, null]'), NULL, 'boards that are as configured');
SELECT is(pg_temp.problems('[{"id": "1", "columns": [{"id": "stage", "title": "Status", "type": "status"}, {"id": "type", "title": "Type", "type": "text"}, {"id": "p", "title": "Probability", "type": "numbers"},
    {"id": "q", "title": "Weather", "type": "text"}, {"id": "days", "title": "Days", "type": "numbers", "archived": true}]}, null]'),
    E'1 days expected_gestation_days missing: the board has no such column\n1 p probability_percent unmapped: the column "Probability" might hold this field\n'
    '1 stage pipeline_stage renamed: the column is called "Status" now, not "Stage"\n1 type type retyped: the column is of kind text now, not status\n'
    '2 - - missing: the board does not exist, or the token may not read it', 'what differs');
SELECT is((SELECT string_agg(field, ' ' ORDER BY field) FROM check_monday_boards('[{"id": "2", "columns": [{"id": "link", "title": "Hidden Item", "type": "board_relation"}]}]') WHERE problem ~ '^unmapped' AND board_id = '2'),
    NULL, 'what is derived needs no column');
SELECT bag_has($$ SELECT field FROM check_monday_boards('[{"id": "1", "columns": null}]') WHERE problem = 'unmapped: no column holds this field' $$,
    $$ VALUES ('category'), ('rating_score') $$, 'fields without a column');
SELECT is(pg_temp.failure('SELECT check_monday_boards(''{}'')'), '22023: actual must be a list of boards; Give the boards as the API returns them: [{"id", "name", "columns": [{"id", "title", "type", "settings"}]}].', 'no list');

SELECT results_eq($$ SELECT board_id, field, split_part(problem, ':', 1) FROM check_monday_boards('[{"id": "1", "columns": [
        {"id": "stage", "title": "Stage now", "type": "status", "settings": {"labels": [{"id": 1, "index": 1, "label": "Bestellt"}, {"id": 2, "index": 0, "label": "Lost"}, {"id": 3, "label": "Alt", "is_deactivated": true}]}},
        {"id": "type", "title": "Type", "type": "text"}, {"id": "p", "title": "Kunde", "type": "text"}]}]') WHERE problem !~ '^unmapped: no column' $$,
    $$ VALUES ('2', NULL, 'missing'), ('1', 'expected_gestation_days', 'missing'), ('1', 'type', 'retyped'), ('1', 'expected_start_date', 'needed'), ('1', 'new_enquiry_value', 'needed'),
        ('1', 'pipeline_stage', 'without a rule'), ('1', 'pipeline_stage', 'renamed'), ('1', 'account', 'unmapped') $$, 'what matters most comes first');

-- Labels.
UPDATE monday_board SET high_water_mark = now();
UPDATE monday_column SET labels = NULL;
SELECT is(refresh_monday_labels('[{"id": "1", "columns": [{"id": "stage", "type": "status", "settings_str": "{\"labels\":{\"1\":\"Won\"}}"}, {"id": "type", "type": "status", "settings": {"labels": [{"id": 1, "label": "Flat"}]}},
    {"id": "days", "type": "numbers", "settings": {}}]}, null]'), 2, 'labels come from the settings, in either shape');
SELECT is((SELECT string_agg(format('%s %s', column_id, labels), ', ' ORDER BY column_id) FROM monday_column WHERE board_id = '1'), 'days , stage {"1": "Won"}, type {"1": "Flat"}', 'of status columns');
SELECT is(refresh_monday_labels('[{"id": "1", "columns": [{"id": "stage", "type": "status", "settings": null, "settings_str": "{\"labels\":{\"1\":\"Won\",\"2\":\"Lost\"}}"}]}]'), 1, 'a new label');
SELECT is((SELECT count(*) FROM monday_board WHERE high_water_mark IS NULL), 0::bigint, 'changes no item');
SELECT is(refresh_monday_labels('[{"id": "1", "columns": [{"id": "stage", "type": "status", "settings_str": "{\"labels\":{\"1\":\"Won\",\"2\":\"Lost\"}}"}]}]'), 0, 'the same labels again');
SELECT is(refresh_monday_labels('[{"id": "1", "columns": [{"id": "stage", "type": "status", "settings_str": "{\"labels\":{\"1\":\"Gained\",\"2\":\"Lost\"}}"}]}]'), 1, 'a label that was renamed');
SELECT is((SELECT string_agg(board_id, ' ') FROM monday_board WHERE high_water_mark IS NULL), '1', 'changes all items that have it');

-- What the tables themselves refuse.
SELECT throws_ok(statement, code, NULL, label)
FROM (VALUES
    ($$ INSERT INTO monday_board (board_id, role, name) VALUES ('4', 'mirror', 'x') $$, '23514', 'an unknown role'),
    ($$ INSERT INTO monday_board (board_id, role, name) VALUES ('4', 'hidden', 'x') $$, '23514', 'a hidden board without its parent board'),
    ($$ INSERT INTO monday_board (board_id, role, name, parent_board_id) VALUES ('4', 'parent', 'x', '1') $$, '23514', 'a parent board with a parent board'),
    ($$ INSERT INTO monday_board (board_id, role, name, parent_board_id) VALUES ('4', 'hidden', 'x', '9') $$, '23503', 'a parent board that is unknown'),
    ($$ UPDATE monday_board SET date_format = 'MM/DD/YYYY' WHERE board_id = '3' $$, '23514', 'a date format that cannot be told from another'),
    ($$ UPDATE monday_board SET decimal_mark = '''' WHERE board_id = '3' $$, '23514', 'an unknown decimal mark'),
    ($$ INSERT INTO monday_column (board_id, column_id, field, kind) VALUES ('1', 'status_1', 'pipeline_stage', 'status') $$, '23505', 'a field with two columns')
) AS t (statement, code, label);
DELETE FROM monday_board WHERE board_id = '1';
SELECT is_empty('SELECT FROM monday_column', 'removing a parent board removes what hangs on it');

SELECT * FROM finish();
ROLLBACK;
