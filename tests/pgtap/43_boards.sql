-- Which boards feed the pipeline: what the tables accept and refuse.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(9);

INSERT INTO monday_board (board_id, role, name) VALUES ('1', 'parent', 'Projects');
INSERT INTO monday_board (board_id, role, name, parent_board_id, decimal_mark, date_format)
VALUES ('2', 'subitem', 'Subitems of Projects', '1', '.', 'YYYY-MM-DD'), ('3', 'hidden', 'Quotes', '1', ',', 'DD/MM/YYYY');
INSERT INTO monday_column (board_id, column_id, field, kind) VALUES ('1', 'status', 'pipeline_stage', 'status'), ('3', 'status', 'status', 'status');

SELECT is((SELECT count(*) FROM monday_column WHERE column_id = 'status'), 2::bigint,
          'one column id may mean different fields on different boards');
SELECT throws_ok($$ INSERT INTO monday_board (board_id, role, name) VALUES ('4', 'mirror', 'x') $$, '23514', NULL,
                 'an unknown role is refused');
SELECT throws_ok($$ INSERT INTO monday_board (board_id, role, name) VALUES ('4', 'hidden', 'x') $$, '23514', NULL,
                 'a hidden board names its parent board');
SELECT throws_ok($$ INSERT INTO monday_board (board_id, role, name, parent_board_id) VALUES ('4', 'parent', 'x', '1') $$,
                 '23514', NULL, 'a parent board has no parent board');
SELECT throws_ok($$ INSERT INTO monday_board (board_id, role, name, parent_board_id) VALUES ('4', 'hidden', 'x', '9') $$,
                 '23503', NULL, 'a parent board has to be known');
SELECT throws_ok($$ UPDATE monday_board SET date_format = 'MM/DD/YYYY' WHERE board_id = '3' $$, '23514', NULL,
                 'a date format that cannot be told from another is refused');
SELECT throws_ok($$ UPDATE monday_board SET decimal_mark = '''' WHERE board_id = '3' $$, '23514', NULL,
                 'an unknown decimal mark is refused');
SELECT throws_ok($$ INSERT INTO monday_column (board_id, column_id, field, kind) VALUES ('1', 'status_1', 'pipeline_stage', 'status') $$,
                 '23505', NULL, 'a field is read from one column of a board');

DELETE FROM monday_board WHERE board_id = '1';
SELECT is_empty('SELECT FROM monday_column', 'removing a parent board removes what hangs on it');

SELECT * FROM finish();
ROLLBACK;
