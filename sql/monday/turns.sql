-- Turns at writing to a board. Time is that of the database, so that the clocks of hosts need not agree; the token tells
-- a writer that slept through the end of its term from the one that came after it.

CREATE FUNCTION pipeline_internal.require_turn_arguments(board_id text, term interval) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_queue('take turns at a board');
    IF board_id IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '22004',
            MESSAGE = 'board_id must not be null',
            HINT = 'Name the board that is written to.';
    END IF;
    IF (term > interval '0' AND term <= interval '1 hour') IS NOT TRUE THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('the term of a turn must be longer than zero and an hour at most, not %s', coalesce(term::text, 'NULL')),
            HINT = 'Give a term that the longest call fits into, and keep the turn while it lasts.';
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.require_turn_arguments(text, interval) IS
    'Error 22004 without a board, 22023 for a term that is none, and those of require_queue().';

CREATE FUNCTION pipeline_work.take_board_turn(board_id text, holder text, term interval) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    taken bigint;
BEGIN
    PERFORM require_turn_arguments(board_id, term);
    IF holder IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '22004',
            MESSAGE = 'holder must not be null',
            HINT = 'Name the process that writes, so that people can find it.';
    END IF;
    INSERT INTO board_turn AS t (board_id, token, holder, until)
    VALUES (take_board_turn.board_id, 1, take_board_turn.holder, clock_timestamp() + term)
    ON CONFLICT ON CONSTRAINT board_turn_pkey DO UPDATE
    SET token = t.token + 1, holder = excluded.holder, until = clock_timestamp() + term
    WHERE t.holder IS NULL OR t.until <= clock_timestamp()
    RETURNING t.token INTO taken;
    RETURN taken;
END;
$$;
COMMENT ON FUNCTION pipeline_work.take_board_turn(text, text, interval) IS
    'Takes the turn at writing to a board for a term; returns its token, or NULL while another one has it. keep_board_turn() makes it longer, give_back_board_turn() ends it. Errors: 22004, 22023.';

CREATE FUNCTION pipeline_work.keep_board_turn(board_id text, token bigint, term interval) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_turn_arguments(board_id, term);
    UPDATE board_turn t
    SET until = clock_timestamp() + term
    WHERE t.board_id = keep_board_turn.board_id AND t.token = keep_board_turn.token AND t.holder IS NOT NULL;
    RETURN found;
END;
$$;
COMMENT ON FUNCTION pipeline_work.keep_board_turn(text, bigint, interval) IS
    'Makes a turn last for a whole term from now. False where another one took its turn since: nothing may be written any more. Errors: 22004, 22023.';

CREATE FUNCTION pipeline_work.give_back_board_turn(board_id text, token bigint) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_queue('take turns at a board');
    UPDATE board_turn t
    SET holder = NULL, until = clock_timestamp()
    WHERE t.board_id = give_back_board_turn.board_id AND t.token = give_back_board_turn.token AND t.holder IS NOT NULL;
    RETURN found;
END;
$$;
COMMENT ON FUNCTION pipeline_work.give_back_board_turn(text, bigint) IS
    'Ends a turn. False where it was over already.';

CREATE FUNCTION pipeline_work.require_board_turn(board_id text, token bigint) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    holder text;
BEGIN
    PERFORM require_queue('take turns at a board');
    -- Until the end of the transaction nobody takes the next turn.
    PERFORM FROM board_turn t
    WHERE t.board_id = require_board_turn.board_id AND t.token = require_board_turn.token AND t.holder IS NOT NULL
    FOR SHARE;
    IF NOT found THEN
        SELECT t.holder INTO holder FROM board_turn t WHERE t.board_id = require_board_turn.board_id;
        RAISE EXCEPTION USING
            ERRCODE = '55006',
            MESSAGE = format('the turn %s at board %s is over', coalesce(token::text, 'NULL'), coalesce(board_id, 'NULL')),
            DETAIL = 'It is the turn of ' || coalesce(holder, 'nobody') || '.',
            HINT = 'Take a turn again, and look at what was written meanwhile.';
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline_work.require_board_turn(text, bigint) IS
    'Error 55006 unless this turn at a board is the last one that was taken and was not given back. What is noted of a write is noted in the same transaction, so that a writer that slept changes nothing that its successor knows better.';
