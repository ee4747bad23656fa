-- Writing back many items at once: their plans, and what is known before an answer comes.

CREATE FUNCTION pipeline_work.monday_push_plans(project_ids text[])
RETURNS TABLE(project_id text, plan jsonb, refusal text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    FOREACH project_id IN ARRAY project_ids LOOP
        plan := NULL;
        refusal := NULL;
        BEGIN
            plan := monday_push_plan(project_id);
        EXCEPTION WHEN no_data_found OR object_not_in_prerequisite_state THEN
            -- Archived, or taken off its board, since the push was enqueued; the others have nothing to do with it.
            refusal := sqlerrm;
        END;
        RETURN NEXT;
    END LOOP;
END;
$$;
COMMENT ON FUNCTION pipeline_work.monday_push_plans(text[]) IS
    'What to write to the items of several projects: monday_push_plan() of each, or why there is nothing to write.';

CREATE FUNCTION pipeline_work.begin_monday_writes(project_ids text[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_writable('record a push');
    PERFORM require_layout();
    INSERT INTO push_state AS s (project_id, write_began_at)
    SELECT p.id, clock_timestamp() FROM unnest(project_ids) AS p (id) GROUP BY p.id ORDER BY p.id
    ON CONFLICT ON CONSTRAINT push_state_pkey DO UPDATE SET write_began_at = excluded.write_began_at;
END;
$$;
COMMENT ON FUNCTION pipeline_work.begin_monday_writes(text[]) IS
    'Notes that a write to the items of projects is about to be sent. Until record_monday_push() or a refusal it is in doubt what they hold.';

CREATE FUNCTION pipeline_work.cancel_monday_writes(project_ids text[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_writable('record a push');
    PERFORM require_layout();
    UPDATE push_state s SET write_began_at = NULL WHERE s.project_id = ANY (project_ids);
END;
$$;
COMMENT ON FUNCTION pipeline_work.cancel_monday_writes(text[]) IS
    'Notes that a write that began was not sent, or refused before it was looked at: nothing is in doubt.';

CREATE FUNCTION pipeline_work.monday_push_preview(max_projects integer DEFAULT 100000)
RETURNS TABLE(board_id text, board_name text, columns_items bigint, comments_new bigint, comments_edited bigint, project_ids text[])
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_layout();
    RETURN QUERY
    SELECT b.board_id::text, b.name,
        count(*) FILTER (WHERE d.columns_changed),
        count(*) FILTER (WHERE d.comment_changed AND s.update_id IS NULL),
        count(*) FILTER (WHERE d.comment_changed AND s.update_id IS NOT NULL),
        coalesce(array_agg(d.project_id::text ORDER BY d.project_id) FILTER (WHERE d.comment_changed), '{}')
    FROM (SELECT * FROM push_due u WHERE u.board_id IS NOT NULL ORDER BY u.since, u.project_id LIMIT max_projects) d
    JOIN monday_board b ON b.board_id = d.board_id
    LEFT JOIN push_state s ON s.project_id = d.project_id
    GROUP BY b.board_id, b.name
    ORDER BY b.board_id;
END;
$$;
COMMENT ON FUNCTION pipeline_work.monday_push_preview(integer) IS
    'What a push of all that is due would write, by board: items with changed columns, comments to be made and to be edited, and the projects whose comment people will be told of.';
