-- What to read: since when, which hidden items, and what differs after a scan of a whole board.

CREATE FUNCTION pipeline_work.monday_sync_since(board_id text, days_back integer DEFAULT 3) RETURNS timestamptz
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    board record;
BEGIN
    PERFORM require_layout();
    PERFORM require_monday_board(board_id);
    IF days_back IS NULL OR days_back < 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = 'days_back must be zero or more',
            HINT = 'Leave it out for 3 days.';
    END IF;
    SELECT b.high_water_mark INTO STRICT board FROM monday_board b WHERE b.board_id = monday_sync_since.board_id;
    -- monday.com shows a change some seconds late; the overlap is read twice rather than missed.
    RETURN CASE WHEN board.high_water_mark IS NULL THEN '-infinity'
                ELSE least(board.high_water_mark - interval '15 minutes', now() - make_interval(days => days_back)) END;
END;
$$;
COMMENT ON FUNCTION pipeline_work.monday_sync_since(text, integer) IS
    'Since when the changes of a board are to be read: the last days_back days, and whatever was not read before; -infinity for a board that was never read to the end. Errors: 22023 unknown board, negative number.';

CREATE FUNCTION pipeline_work.advance_high_water_mark(board_id text, moment timestamptz DEFAULT now()) RETURNS timestamptz
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    mark timestamptz;
BEGIN
    PERFORM require_writable('move a high-water mark');
    PERFORM require_layout();
    PERFORM require_monday_board(board_id);
    IF moment IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '22004',
            MESSAGE = 'moment must not be null',
            HINT = 'Give the moment at which the read began.';
    END IF;
    UPDATE monday_board b
    SET high_water_mark = greatest(b.high_water_mark, least(moment, now()))
    WHERE b.board_id = advance_high_water_mark.board_id
    RETURNING b.high_water_mark INTO mark;
    RETURN mark;
END;
$$;
COMMENT ON FUNCTION pipeline_work.advance_high_water_mark(text, timestamptz) IS
    'Notes that every change of a board up to a moment (when the read began) has been read; to be called in the transaction that stores the last of them. The mark never moves back. Errors: 22023 unknown board, 22004 null.';

CREATE FUNCTION pipeline_work.remember_monday_page_size(board_id text, page_size integer) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_writable('remember the size of pages');
    PERFORM require_layout();
    UPDATE monday_board b
    SET page_size = nullif(remember_monday_page_size.page_size, 500)
    WHERE b.board_id = remember_monday_page_size.board_id;
END;
$$;
COMMENT ON FUNCTION pipeline_work.remember_monday_page_size(text, integer) IS
    'Notes how many items of a board monday.com gives in one page.';

CREATE FUNCTION pipeline_work.monday_hidden_candidates(project_ids text[]) RETURNS TABLE(board_id text, item_id text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_layout();
    RETURN QUERY
    WITH subitem AS MATERIALIZED (
        SELECT s.* FROM subitems s WHERE s.parent_monday_id = ANY (project_ids)
    ),
    related AS (
        SELECT DISTINCT s.board_id, r.id FROM subitem s CROSS JOIN LATERAL unnest(s.relation_ids) AS r (id)
    )
    SELECT h.board_id::text, h.monday_id::text
    FROM (
        SELECT s.hidden_item_id AS id FROM subitem s
        UNION SELECT r.id FROM related r
        UNION
        -- A name that several have links none of them.
        SELECT min(h.monday_id) FROM subitem s JOIN hidden_items h ON h.name_key = s.name_key AND h.state = 'active'
        WHERE s.name_key <> '' GROUP BY s.monday_id HAVING count(*) = 1
        UNION
        SELECT h.monday_id
        FROM projects p
        JOIN hidden_items h ON substring(h.item_name FROM E'^\\d+') = substring(p.item_name FROM E'^\\d+')
        WHERE p.monday_id = ANY (project_ids)
    ) candidate
    JOIN hidden_items h ON h.monday_id = candidate.id
    WHERE h.board_id IS NOT NULL
    UNION
    -- A connection to an item that nobody has read yet leads to one of the hidden boards.
    SELECT hidden.board_id::text, r.id::text
    FROM related r
    JOIN monday_board own ON own.board_id = r.board_id
    JOIN monday_board hidden ON hidden.role = 'hidden' AND hidden.parent_board_id = own.parent_board_id
    WHERE NOT EXISTS (SELECT FROM hidden_items h WHERE h.monday_id = r.id)
    ORDER BY 1, 2;
END;
$$;
COMMENT ON FUNCTION pipeline_work.monday_hidden_candidates(text[]) IS
    'The hidden items that may concern projects: those that their subitems are linked or connected to, the one of the same name, and those whose name begins with the number of the project.';

CREATE FUNCTION pipeline_work.record_monday_scan(run_id bigint, board_id text, items jsonb) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    board jsonb;
    unreadable bigint;
    found bigint;
BEGIN
    PERFORM require_writable('record a scan');
    PERFORM require_layout();
    PERFORM require_run(run_id);
    board := require_monday_board(board_id) || '{"columns": []}';
    IF items IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '22004',
            MESSAGE = 'items must not be null',
            HINT = 'A board that cannot be read is not an empty one.';
    END IF;
    -- An item whose moment can no longer decide anything (complete_monday_scan) is its id alone.
    EXECUTE format($sql$
        WITH read AS MATERIALIZED (
            SELECT * FROM read_monday_items($1, $2) AS r (monday_id text, monday_updated_at timestamptz, refusal text)
        ),
        item AS (
            SELECT r.monday_id, max(r.monday_updated_at) AS updated_at FROM read r WHERE r.refusal IS NULL GROUP BY r.monday_id
        ),
        written AS (
            INSERT INTO monday_scan_page (run_id, board_id, items)
            SELECT $3, $4, string_agg(concat_ws(E'\x1f', i.monday_id,
                CASE WHEN i.updated_at > least(s.monday_updated_at, l.started_at - interval '3 days')
                       OR s.monday_updated_at IS NULL THEN extract(epoch FROM i.updated_at) END), E'\x1e' ORDER BY i.monday_id)
            FROM item i
            LEFT JOIN %I s ON s.monday_id = i.monday_id
            CROSS JOIN (SELECT r.started_at FROM sync_log r WHERE r.id = $3) l
            HAVING count(*) > 0
        )
        SELECT jsonb_array_length($1) - (SELECT count(*) FROM read r WHERE r.refusal IS NULL), (SELECT count(*) FROM item)
    $sql$, monday_table(board->>'role'))
    INTO unreadable, found
    USING items, board, run_id, board_id;
    IF unreadable > 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('the scan of board "%s" has %s items that cannot be read', board_id, unreadable),
            HINT = 'What is missing from such a scan need not be missing from the board: repeat it.';
    END IF;
    UPDATE sync_log l SET seen_at = clock_timestamp() WHERE l.id = run_id;
    RETURN found;
END;
$$;
COMMENT ON FUNCTION pipeline_work.record_monday_scan(bigint, text, jsonb) IS
    'Takes a page ([{id, updated_at}]) of a scan of a whole board. Returns how many items it names. Errors: 22023 unknown board, or an item without an id; 22004 null; P0002 unknown run.';

CREATE FUNCTION pipeline_work.complete_monday_scan(run_id bigint, board_id text) RETURNS TABLE(item_id text, reason text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
DECLARE
    board jsonb;
    began timestamptz;
BEGIN
    PERFORM require_writable('complete a scan');
    PERFORM require_layout();
    PERFORM require_run(run_id);
    board := require_monday_board(board_id);
    began := (SELECT l.started_at FROM sync_log l WHERE l.id = complete_monday_scan.run_id);
    RETURN QUERY EXECUTE format($sql$
        WITH pages AS (
            DELETE FROM monday_scan_page WHERE run_id = $1 AND board_id = $2 RETURNING items
        ),
        scanned AS MATERIALIZED (
            SELECT split_part(i.item, E'\x1f', 1) COLLATE "C" AS item_id,
                   max(to_timestamp(nullif(split_part(i.item, E'\x1f', 2), '')::double precision)) AS updated_at
            FROM pages p
            CROSS JOIN LATERAL unnest(string_to_array(p.items, E'\x1e')) AS i (item)
            GROUP BY 1
        )
        SELECT coalesce(stored.monday_id, scanned.item_id)::text,
            CASE WHEN stored.monday_id IS NULL THEN 'new' WHEN scanned.item_id IS NULL THEN 'missing' ELSE 'changed' END
        FROM scanned
        FULL JOIN (SELECT * FROM %I WHERE board_id = $2) stored ON stored.monday_id = scanned.item_id
        WHERE stored.monday_id IS NULL
           -- One that was stored while the scan went on may be younger than the page on which it would stand.
           OR (scanned.item_id IS NULL AND stored.state = 'active' AND coalesce(stored.last_synced_at, '-infinity') < $3)
           OR (scanned.item_id IS NOT NULL AND stored.state <> 'active')
           OR coalesce(scanned.updated_at, '-infinity') > coalesce(stored.monday_updated_at, '-infinity')
           -- Changes are dated by the second and show some seconds late: one that was read at once may not have been the
           -- last of its second. Older ones have been read again by the delta.
           OR (scanned.updated_at > stored.last_synced_at - interval '1 minute' AND scanned.updated_at > $3 - interval '3 days')
        ORDER BY 2, 1
    $sql$, monday_table(board->>'role'))
    USING run_id, board_id, began;
END;
$$;
COMMENT ON FUNCTION pipeline_work.complete_monday_scan(bigint, text) IS
    'Ends a scan that came to the end of the board without an error, and says what differs from what is stored: items to be read by their ids (new, changed or perhaps changed, missing from the board). Of those that were asked for and do not come back, soft_delete_monday_items() takes note. Errors: 22023 unknown board, P0002 unknown run.';
