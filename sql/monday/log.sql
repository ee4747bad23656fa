-- The activity logs of boards: read page by page, newest entries first, and kept, so that a read that is broken off goes
-- on where it was.

CREATE FUNCTION pipeline_internal.read_monday_log(entries jsonb) RETURNS jsonb
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_read_monday_log';
COMMENT ON FUNCTION pipeline_internal.read_monday_log(jsonb) IS
    'Entries of an activity log as the API returns them, with the items that they name and their moments in microseconds since 1970; or why one cannot be read.';

CREATE FUNCTION pipeline_internal.moment_of(microseconds bigint) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN to_timestamp(0) + microseconds * interval '1 microsecond';
COMMENT ON FUNCTION pipeline_internal.moment_of(bigint) IS 'The moment so many microseconds after the beginning of 1970 (UTC).';

CREATE FUNCTION pipeline_internal.microseconds_of(moment timestamptz) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (extract(epoch FROM moment) * 1000000)::bigint;
COMMENT ON FUNCTION pipeline_internal.microseconds_of(timestamptz) IS 'The inverse of moment_of().';

CREATE FUNCTION pipeline_work.begin_monday_log(board_id text, OUT reading_to timestamptz, OUT resumed boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_writable('read a log');
    PERFORM require_layout();
    PERFORM require_monday_board(board_id);
    INSERT INTO monday_log_reach AS reach (board_id, reading_from, reading_to)
    VALUES (begin_monday_log.board_id, now(), now())
    ON CONFLICT ON CONSTRAINT monday_log_reach_pkey DO UPDATE
    SET reading_from = coalesce(reach.reading_from, now()), reading_to = coalesce(reach.reading_to, now())
    RETURNING reach.reading_from, reach.reading_from <> reach.reading_to INTO reading_to, resumed;
END;
$$;
COMMENT ON FUNCTION pipeline_work.begin_monday_log(text) IS
    'Begins to read the activity log of a board, or goes on with a read that was broken off: up to which moment to read. Error 22023 for an unknown board.';

CREATE FUNCTION pipeline_work.record_monday_log(
    board_id text,
    entries jsonb,
    run_id bigint,
    OUT stored bigint,
    OUT unreadable bigint,
    OUT oldest timestamptz,
    OUT known_from timestamptz
)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
BEGIN
    PERFORM require_writable('record a log');
    PERFORM require_layout();
    PERFORM require_run(run_id);
    PERFORM require_monday_board(board_id);
    WITH entry AS MATERIALIZED (
        SELECT e.*, moment_of(e.at) AS moment
        FROM jsonb_to_recordset(read_monday_log(entries)) AS e (
            log_id text, at bigint, event text, item_ids text[], parent_id text, data text, refusal text)
    ),
    written AS (
        INSERT INTO monday_log (board_id, log_id, at, event, item_ids, parent_id, data)
        SELECT board_id, e.log_id, e.moment, e.event, e.item_ids, e.parent_id, e.data
        FROM entry e
        -- What concerns columns, groups and the board itself says nothing of any item.
        WHERE e.refusal IS NULL AND e.item_ids <> '{}'
        ON CONFLICT DO NOTHING
        RETURNING 1
    ),
    refused AS (
        INSERT INTO sync_reject (run_id, board_id, raw_value, reason)
        SELECT run_id, board_id, left(e.data, 1000), 'entry of the activity log: ' || e.refusal
        FROM entry e
        WHERE e.refusal IS NOT NULL
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM written), (SELECT count(*) FROM refused), (SELECT min(e.moment) FROM entry e)
    INTO stored, unreadable, oldest;
    UPDATE monday_log_reach r
    SET reading_from = least(r.reading_from, oldest)
    WHERE r.board_id = record_monday_log.board_id AND r.reading_from IS NOT NULL;
    -- Once a read meets what an earlier one has read, it goes on behind that.
    SELECT CASE WHEN oldest <= r.reaches_to THEN r.reaches_from END INTO known_from
    FROM monday_log_reach r WHERE r.board_id = record_monday_log.board_id;
    UPDATE sync_log l
    SET items_processed = l.items_processed + jsonb_array_length(entries), items_rejected = l.items_rejected + unreadable,
        seen_at = clock_timestamp()
    WHERE l.id = run_id;
END;
$$;
COMMENT ON FUNCTION pipeline_work.record_monday_log(text, jsonb, bigint) IS
    'Takes a page of the activity log of a board ([{id, event, data, created_at}], newest first). Returns how many entries are new, how many cannot be read (sync_reject names them), the oldest moment of the page, and, where an earlier read came this far, the moment from which on that one read everything. Errors: 22023 unknown board, P0002 unknown run.';

CREATE FUNCTION pipeline_work.end_monday_log(board_id text, OUT reaches_from timestamptz)
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
    SELECT require_writable('read a log');
    UPDATE monday_log_reach r
    SET reaches_from = CASE WHEN r.reaches_to >= r.reading_from THEN least(r.reaches_from, r.reading_from) ELSE r.reading_from END,
        reaches_to = r.reading_to, reading_from = NULL, reading_to = NULL
    WHERE r.board_id = $1 AND r.reading_to IS NOT NULL
    RETURNING r.reaches_from
$$;
COMMENT ON FUNCTION pipeline_work.end_monday_log(text) IS
    'Ends a read of the activity log of a board that came to the end of what is asked for. Returns since when the log is known.';

CREATE FUNCTION pipeline_work.unknown_monday_items(board_id text) RETURNS SETOF text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_layout();
    RETURN QUERY EXECUTE format($sql$
        SELECT DISTINCT i.id
        FROM monday_log l
        CROSS JOIN LATERAL unnest(l.item_ids) AS i (id)
        WHERE l.board_id = $1
          AND NOT EXISTS (SELECT FROM %I s WHERE s.monday_id = i.id)
        ORDER BY 1
    $sql$, monday_table(require_monday_board(board_id)->>'role'))
    USING board_id;
END;
$$;
COMMENT ON FUNCTION pipeline_work.unknown_monday_items(text) IS
    'Items that the activity log of a board names and that were never read: they left it before. Error 22023 for an unknown board.';

CREATE FUNCTION pipeline_work.unnamed_monday_people() RETURNS SETOF text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_layout();
    RETURN QUERY
    SELECT DISTINCT person->>'id'
    FROM monday_log l
    CROSS JOIN LATERAL jsonb_path_query(l.data::jsonb, '$.*.personsAndTeams[*] ? (@.kind != "team")') AS person
    WHERE l.data LIKE '%personsAndTeams%'
      AND NOT EXISTS (SELECT FROM monday_person p WHERE p.person_id = person->>'id')
    ORDER BY 1;
END;
$$;
COMMENT ON FUNCTION pipeline_work.unnamed_monday_people() IS
    'The ids of people in activity logs whose names are not known yet.';

CREATE FUNCTION pipeline_work.name_monday_people(people jsonb) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    named bigint;
BEGIN
    PERFORM require_writable('record names');
    PERFORM require_layout();
    INSERT INTO monday_person AS known (person_id, person_name)
    SELECT DISTINCT ON (p.id) p.id, p.name
    FROM jsonb_to_recordset(people) AS p (id text, name text)
    WHERE p.id <> '' AND p.name <> ''
    ORDER BY p.id, p.name
    ON CONFLICT (person_id) DO UPDATE SET person_name = excluded.person_name WHERE known.person_name <> excluded.person_name;
    GET DIAGNOSTICS named = ROW_COUNT;
    RETURN named;
END;
$$;
COMMENT ON FUNCTION pipeline_work.name_monday_people(jsonb) IS 'Takes names of people ([{id, name}]) as the API returns them. Returns how many are new.';
