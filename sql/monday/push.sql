-- Writing back, seen from the database: what to write to an item now, and what became of it.

CREATE FUNCTION pipeline_work.monday_push_plan(project_id text) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    payload jsonb := monday_push_payload(project_id);
    board text;
    due record;
    state record;
BEGIN
    SELECT b.board_id INTO board
    FROM projects p
    JOIN monday_board b ON b.board_id = p.board_id AND b.is_active
    WHERE p.monday_id = monday_push_plan.project_id;
    IF board IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '55000',
            MESSAGE = format('project "%s" lies on no configured board', project_id),
            HINT = 'Only projects that were read from a board have an item to write to.';
    END IF;
    SELECT * INTO due FROM push_due d WHERE d.project_id = monday_push_plan.project_id;
    SELECT * INTO state FROM push_state s WHERE s.project_id = monday_push_plan.project_id;
    RETURN jsonb_build_object(
        'item_id', project_id,
        'board_id', board,
        'columns', CASE WHEN due.columns_changed THEN (
            SELECT jsonb_object_agg(c.column_id, payload->'columns'->n.name)
            FROM (VALUES ('days', 'expected_gestation_days'), ('rate', 'expected_conversion_rate'), ('rating', 'rating_score'))
                AS n (name, field)
            JOIN monday_column c ON c.board_id = board AND c.field = n.field AND c.writable
            WHERE payload->'columns' ? n.name) END,
        'columns_hash', payload->'columns_hash',
        'columns_key', md5(concat_ws('/', 'columns', project_id, payload->>'columns_hash', coalesce(state.columns_pushes, 0))),
        'comment_html', CASE WHEN due.comment_changed THEN payload->'comment_html' END,
        'comment_heading', push_heading(),
        'comment_hash', payload->'comment_hash',
        'comment_key', md5(concat_ws('/', 'comment', project_id, payload->>'comment_hash', coalesce(state.comment_pushes, 0))),
        'update_id', state.update_id,
        'in_doubt', coalesce(state.attempts > 0 OR state.write_began_at IS NOT NULL, false),
        -- monday.com shows a write some seconds late: what an item does not show until then may be there all the same.
        'hidden_ms', coalesce(greatest(0, ceil(1000 * extract(
            epoch FROM state.write_began_at + interval '35 seconds' - clock_timestamp()))), 0));
END;
$$;
COMMENT ON FUNCTION pipeline_work.monday_push_plan(text) IS
    'What to write to the item of a project now: {item_id, board_id; columns {column id: text} and comment_html, null where nothing differs from what was written; hashes for record_monday_push(); keys that are the same for a repeated write and new for a new one; comment_heading, with which the text of the comment begins; update_id of the comment that is there; in_doubt: the last push failed, or nobody knows how it ended; hidden_ms: for so long the item may not show yet what was written}. Errors: P0002 unknown project, 55000 not analysed yet, or not on a board.';

CREATE FUNCTION pipeline_work.record_monday_push(
    project_id text,
    columns_hash text DEFAULT NULL,
    comment_hash text DEFAULT NULL,
    update_id text DEFAULT NULL,
    written_by text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
DECLARE
    -- Unknown where another analysis was stored meanwhile: the next push compares by the hash alone.
    columns_shown jsonb;
    comment_shown jsonb;
BEGIN
    PERFORM require_writable('record a push');
    PERFORM require_layout();
    IF project_id IS NULL OR (columns_hash IS NULL AND comment_hash IS NULL) THEN
        RAISE EXCEPTION USING
            ERRCODE = '22004',
            MESSAGE = 'project_id and one of columns_hash and comment_hash must not be null',
            HINT = 'Give the hashes of monday_push_plan() for what was written.';
    END IF;
    SELECT CASE WHEN c.columns_hash = record_monday_push.columns_hash THEN n.numbers END,
           CASE WHEN c.comment_hash = record_monday_push.comment_hash
                THEN n.numbers || jsonb_build_object('text_hash', c.text_hash) END
    INTO columns_shown, comment_shown
    FROM push_content c
    CROSS JOIN LATERAL shown_numbers(c.days, c.rate, c.confidence, c.rating) AS n (numbers)
    WHERE c.project_id = record_monday_push.project_id;
    INSERT INTO push_state AS s
        (project_id, columns_hash, comment_hash, columns_shown, comment_shown, update_id, written_by, pushed_at,
         columns_pushes, comment_pushes)
    VALUES (record_monday_push.project_id, record_monday_push.columns_hash, record_monday_push.comment_hash,
            columns_shown, comment_shown, record_monday_push.update_id, record_monday_push.written_by, clock_timestamp(),
            num_nonnulls(record_monday_push.columns_hash), num_nonnulls(record_monday_push.comment_hash))
    ON CONFLICT (project_id) DO UPDATE
    SET columns_hash = coalesce(excluded.columns_hash, s.columns_hash),
        comment_hash = coalesce(excluded.comment_hash, s.comment_hash),
        columns_shown = CASE WHEN excluded.columns_hash IS NULL THEN s.columns_shown ELSE excluded.columns_shown END,
        comment_shown = CASE WHEN excluded.comment_hash IS NULL THEN s.comment_shown ELSE excluded.comment_shown END,
        update_id = coalesce(excluded.update_id, s.update_id),
        written_by = coalesce(excluded.written_by, s.written_by),
        write_began_at = NULL,
        pushed_at = excluded.pushed_at,
        columns_pushes = s.columns_pushes + excluded.columns_pushes,
        comment_pushes = s.comment_pushes + excluded.comment_pushes,
        last_error = NULL,
        attempts = 0;
END;
$$;
COMMENT ON FUNCTION pipeline_work.record_monday_push(text, text, text, text, text) IS
    'Notes that the columns, the comment (update_id, a comment of the user written_by) or both of a project were written; each counts for itself. Error 22004.';

CREATE FUNCTION pipeline_work.record_monday_push_failure(
    project_id text,
    error text,
    refused boolean DEFAULT false
) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
BEGIN
    PERFORM require_writable('record a push');
    PERFORM require_layout();
    -- monday.com gives the same answer to the same key for half an hour, a refusal too: the next push needs new keys.
    INSERT INTO push_state AS s (project_id, last_error, attempts, columns_pushes, comment_pushes)
    VALUES (record_monday_push_failure.project_id, left(coalesce(error, 'unknown'), 1000), 1,
            coalesce(refused, false)::integer, coalesce(refused, false)::integer)
    ON CONFLICT (project_id) DO UPDATE
    SET last_error = excluded.last_error,
        attempts = s.attempts + 1,
        write_began_at = CASE WHEN NOT coalesce(refused, false) THEN s.write_began_at END,
        columns_pushes = s.columns_pushes + excluded.columns_pushes,
        comment_pushes = s.comment_pushes + excluded.comment_pushes;
END;
$$;
COMMENT ON FUNCTION pipeline_work.record_monday_push_failure(text, text, boolean) IS
    'Notes that a push of a project failed, and why; refused: monday.com said no, so that nothing is in doubt and the next push has new keys. What was written of it is recorded apart.';

CREATE FUNCTION pipeline_work.enqueue_monday_push(project_id text, priority integer DEFAULT 100) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN (
        SELECT enqueue_job('push_to_monday', d.project_id, priority => enqueue_monday_push.priority)
        FROM push_due d
        WHERE d.project_id = enqueue_monday_push.project_id AND d.board_id IS NOT NULL);
END;
$$;
COMMENT ON FUNCTION pipeline_work.enqueue_monday_push(text, integer) IS
    'Enqueues push_to_monday if something on the item of a project differs from what belongs there. Returns the job, or NULL where there is nothing to write.';
