-- Turns at writing to a board: one at a time, for a term, each with a token of its own.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(28);
\ir ../include/failure.sql

SELECT is(take_board_turn('b', 'berlin/1', '30 s'), 1::bigint, 'a board that nobody writes to is free');
SELECT is(take_board_turn('b', 'oslo/2', '30 s'), NULL, 'not while another one has its turn');
SELECT is(take_board_turn('b', 'berlin/1', '30 s'), NULL, 'nor a second time for the same process');
SELECT is(take_board_turn('c', 'oslo/2', '30 s'), 1::bigint, 'another board is free');
SELECT is(format('%s %s', holder, until BETWEEN clock_timestamp() AND clock_timestamp() + interval '30 s'), 'berlin/1 t', 'whose turn it is, and until when')
FROM board_turn WHERE board_id = 'b';

-- Kept.
UPDATE board_turn SET until = clock_timestamp() + interval '1 s' WHERE board_id = 'b';
SELECT is(keep_board_turn('b', 1, '1 min'), true, 'a turn can be kept');
SELECT cmp_ok(until, '>', clock_timestamp() + interval '50 s', 'for a whole term from now') FROM board_turn WHERE board_id = 'b';
SELECT is(keep_board_turn('b', 2, '1 min'), false, 'not with a token that is not there yet');
SELECT is(keep_board_turn('d', 1, '1 min'), false, 'nor at a board without turns');
SELECT is(pg_temp.failure($$ SELECT require_board_turn('b', 1) $$), 'no error', 'it holds');

-- The end of the term.
UPDATE board_turn SET until = clock_timestamp() - interval '1 s' WHERE board_id = 'b';
SELECT is(pg_temp.failure($$ SELECT require_board_turn('b', 1) $$), 'no error', 'a turn that nobody took over still holds');
SELECT is(keep_board_turn('b', 1, '30 s'), true, 'and can be kept');
UPDATE board_turn SET until = clock_timestamp() - interval '1 s' WHERE board_id = 'b';
SELECT is(take_board_turn('b', 'oslo/2', '30 s'), 2::bigint, 'after its term another one takes it, with a higher token');
SELECT is(keep_board_turn('b', 1, '30 s'), false, 'the former one has lost it');
SELECT is(give_back_board_turn('b', 1), false, 'has nothing to give back');
SELECT is(pg_temp.failure($$ SELECT require_board_turn('b', 1) $$), '55006: the turn 1 at board b is over; Take a turn again, and look at what was written meanwhile.', 'and may note nothing');
SELECT is(pg_temp.failure($$ SELECT require_board_turn('b', 2) $$), 'no error', 'the new one may');

-- Given back.
SELECT is(give_back_board_turn('b', 2), true, 'given back');
SELECT is(give_back_board_turn('b', 2), false, 'once');
SELECT is(keep_board_turn('b', 2, '30 s'), false, 'what was given back is not kept');
SELECT is(pg_temp.failure($$ SELECT require_board_turn('b', 2) $$), '55006: the turn 2 at board b is over; Take a turn again, and look at what was written meanwhile.', 'and is over');
SELECT is(take_board_turn('b', 'berlin/1', '30 s'), 3::bigint, 'the next one need not wait, and its token is higher still');

SELECT is(pg_temp.failure(statement), expected, statement)
FROM (VALUES
    ($$ SELECT take_board_turn(NULL, 'x', '1 s') $$, '22004: board_id must not be null; Name the board that is written to.'),
    ($$ SELECT take_board_turn('b', NULL, '1 s') $$, '22004: holder must not be null; Name the process that writes, so that people can find it.'),
    ($$ SELECT take_board_turn('b', 'x', '0') $$, '22023: the term of a turn must be longer than zero and an hour at most, not 00:00:00; Give a term that the longest call fits into, and keep the turn while it lasts.'),
    ($$ SELECT take_board_turn('b', 'x', NULL) $$, '22023: the term of a turn must be longer than zero and an hour at most, not NULL; Give a term that the longest call fits into, and keep the turn while it lasts.'),
    ($$ SELECT keep_board_turn('b', 3, '2 h') $$, '22023: the term of a turn must be longer than zero and an hour at most, not 02:00:00; Give a term that the longest call fits into, and keep the turn while it lasts.'),
    ($$ SELECT require_board_turn(NULL, NULL) $$, '55006: the turn NULL at board NULL is over; Take a turn again, and look at what was written meanwhile.')
) AS t (statement, expected);

SELECT * FROM finish();
ROLLBACK;
