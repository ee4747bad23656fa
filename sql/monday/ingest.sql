-- Items of monday.com boards into rows: read, link, derive, in one transaction, and analyse what changed.

-- A bulk is analysed as a whole: one pass over all projects costs less than many over few.
CREATE FUNCTION pipeline_internal.enqueue_analyses(project_ids text[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF cardinality(project_ids) > 50 THEN
        -- A little later, so that the pages of one sync share an analysis.
        PERFORM enqueue_job('analyze', run_at => now() + interval '15 seconds');
    ELSE
        PERFORM enqueue_job('analyze', p.id, priority => 20)
        FROM unnest(project_ids) AS p (id) ORDER BY p.id;
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.enqueue_analyses(text[]) IS
    'Enqueues the analysis of projects: one job each, or one for all where they are many.';

CREATE FUNCTION pipeline_internal.propagate_monday_changes(
    role text,
    changed_ids text[],
    touched text[],
    names text[],
    run bigint,
    since timestamptz
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    subitem_ids text[];
    result record;
    moved text[];
BEGIN
    IF role = 'hidden' AND cardinality(changed_ids) > 0 THEN
        subitem_ids := ARRAY(
            SELECT s.monday_id FROM subitems s WHERE s.hidden_item_id = ANY (changed_ids)
            UNION SELECT s.monday_id FROM subitems s WHERE s.relation_ids && changed_ids
            UNION SELECT s.monday_id FROM subitems s WHERE s.name_key = ANY (touched));
        SELECT * INTO result FROM write_monday_rows('subitem', NULL, NULL, subitem_ids, run);
        touched := result.touched;
    ELSIF role = 'subitem' AND cardinality(names) > 0 THEN
        -- A link by name holds while nothing else that is active has the name; what is archived or deleted may be linked,
        -- too. What has a rival on its own board stays without a link.
        subitem_ids := ARRAY(
            SELECT n.monday_id
            FROM (
                SELECT s.monday_id, s.state, s.link_method,
                    count(*) FILTER (WHERE s.state = 'active') OVER (PARTITION BY s.name_key, s.board_id) AS bearers
                FROM subitems s
                WHERE s.name_key = ANY (names)
            ) n
            WHERE n.monday_id <> ALL (changed_ids)
              AND (n.link_method IN ('exact_name', 'normalized_name')
                   OR n.link_method = 'none' AND n.bearers = (n.state = 'active')::integer));
        IF subitem_ids <> '{}' THEN
            SELECT * INTO result FROM write_monday_rows('subitem', NULL, NULL, subitem_ids, run);
            touched := touched || result.touched;
        END IF;
    END IF;
    IF role <> 'parent' AND cardinality(touched) > 0 THEN
        PERFORM FROM write_monday_rows('parent', NULL, NULL, touched, run);
        changed_ids := touched;
    END IF;
    -- History is kept of exactly what analysis and forecast read: a project with a new version has new inputs.
    moved := ARRAY(
        SELECT h.project_id
        FROM project_history h
        WHERE h.project_id = ANY (changed_ids) AND h.valid_to IS NULL AND h.valid_from >= since AND h.state = 'active');
    PERFORM enqueue_analyses(moved);
    RETURN cardinality(moved);
END;
$$;
COMMENT ON FUNCTION pipeline_internal.propagate_monday_changes(text, text[], text[], text[], bigint, timestamptz) IS
    'Brings up to date what depends on changed rows of a board: links, subitems, projects; and enqueues the analysis of projects whose inputs changed since a moment. Returns their number.';

CREATE FUNCTION pipeline_work.ingest_monday_items(
    board_id text,
    items jsonb,
    run_id bigint DEFAULT NULL,
    OUT processed bigint,
    OUT created bigint,
    OUT updated bigint,
    OUT unchanged bigint,
    OUT stale bigint,
    OUT rejected bigint,
    OUT projects_changed bigint
)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    board jsonb;
    run bigint;
    since timestamptz;
    result record;
BEGIN
    PERFORM require_writable('ingest items');
    PERFORM require_layout();
    IF board_id IS NULL OR items IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '22004',
            MESSAGE = format('%s must not be null', CASE WHEN board_id IS NULL THEN 'board_id' ELSE 'items' END),
            HINT = 'Call ingest_monday_items(''<board id>'', ''[{"id": ..., "name": ..., "column_values": [...]}]'').';
    END IF;
    board := require_monday_board(board_id);
    run := require_or_begin_run(run_id, 'ingest', board_id);
    PERFORM lock_monday_data();
    since := clock_timestamp();

    SELECT * INTO result FROM write_monday_rows(board->>'role', board, items, NULL, run);
    processed := result.processed;
    created := result.created;
    updated := result.updated;
    unchanged := result.unchanged;
    stale := result.stale;
    rejected := result.rejected;
    projects_changed := propagate_monday_changes(
        board->>'role', result.changed_ids, result.touched, result.names, run, since);

    UPDATE sync_log l
    SET items_processed = l.items_processed + processed, items_created = l.items_created + created,
        items_updated = l.items_updated + updated, items_unchanged = l.items_unchanged + unchanged + stale,
        items_rejected = l.items_rejected + rejected, seen_at = clock_timestamp()
    WHERE l.id = run;
    IF run_id IS NULL THEN
        PERFORM end_sync_run(run);
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline_work.ingest_monday_items(text, jsonb, bigint) IS
'Takes items of a board as the monday.com API returns them ([{id, name, state, updated_at, created_at, parent_item {id}, column_values [{id, type, text, value, ...}]}]) into projects, subitems or hidden_items, links subitems to hidden items, derives what follows, and enqueues the analysis of projects whose inputs changed; all or nothing.
An item older than what is stored changes nothing; an unchanged one is not written. A value or an item that cannot be read is counted in rejected and stored in sync_reject with the reason; a value that cannot be read is unknown, and the rest is kept. A column that an item does not bring along keeps its value.
Counts: processed (items given), created, updated, unchanged, stale (older ones), rejected (values and items), projects_changed. Without run_id the call is a run of its own in sync_log.
Errors: 22023 for an unknown board and for items that are no list, 22004 for null, P0002 for an unknown run.';

CREATE FUNCTION pipeline_internal.soft_delete_monday_rows(role text, board_id text, item_ids text[], run_id bigint)
RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    run bigint := require_or_begin_run(run_id, 'soft_delete', board_id);
    since timestamptz := clock_timestamp();
    gone text[];
    keys text[];
BEGIN
    EXECUTE format($sql$
        WITH gone AS (
            UPDATE %I
            SET state = 'deleted', deleted_at = now(), last_synced_at = now(), updated_at = now()
            WHERE monday_id = ANY ($1) AND state <> 'deleted'
            RETURNING monday_id, %s AS key
        )
        SELECT coalesce(array_agg(monday_id), '{}'), coalesce(array_agg(DISTINCT key) FILTER (WHERE key IS NOT NULL), '{}')
        FROM gone
    $sql$,
        monday_table(role),
        CASE role WHEN 'parent' THEN 'NULL::text' WHEN 'subitem' THEN 'parent_monday_id' ELSE 'name_key' END)
    INTO gone, keys USING item_ids;
    -- Subitems that are gone were not linked anew yet: not among those that are done with.
    PERFORM propagate_monday_changes(role, CASE role WHEN 'subitem' THEN '{}' ELSE gone END, keys, CASE role WHEN 'subitem' THEN ARRAY(
        SELECT DISTINCT s.name_key FROM subitems s WHERE s.monday_id = ANY (gone) AND s.name_key <> '') ELSE '{}' END, run, since);
    UPDATE sync_log l
    SET items_deleted = l.items_deleted + cardinality(gone), seen_at = clock_timestamp()
    WHERE l.id = run;
    IF run_id IS NULL THEN
        PERFORM end_sync_run(run);
    END IF;
    RETURN cardinality(gone);
END;
$$;
COMMENT ON FUNCTION pipeline_internal.soft_delete_monday_rows(text, text, text[], bigint) IS
    'Gives rows of a board the state deleted, and brings up to date what depends on them. Returns their number.';

CREATE FUNCTION pipeline_work.soft_delete_monday_items(board_id text, item_ids text[], run_id bigint DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    board jsonb;
BEGIN
    PERFORM require_writable('delete items');
    PERFORM require_layout();
    board := require_monday_board(board_id);
    PERFORM lock_monday_data();
    RETURN soft_delete_monday_rows(board->>'role', board_id, item_ids, run_id);
END;
$$;
COMMENT ON FUNCTION pipeline_work.soft_delete_monday_items(text, text[], bigint) IS
    'Gives items of a board the state deleted: those that monday.com was asked for by id and no longer has. What depends on them follows. Returns how many were not deleted before. Errors: 22023 unknown board, P0002 unknown run.';

CREATE FUNCTION pipeline_work.soft_delete_missing_subitems(
    parent_ids text[],
    subitem_ids text[],
    run_id bigint DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_writable('delete items');
    PERFORM require_layout();
    IF parent_ids IS NULL OR subitem_ids IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '22004',
            MESSAGE = format('%s must not be null', CASE WHEN parent_ids IS NULL THEN 'parent_ids' ELSE 'subitem_ids' END),
            HINT = 'Give the projects whose list of subitems was read in full, and all ids on these lists.';
    END IF;
    PERFORM lock_monday_data();
    RETURN soft_delete_monday_rows('subitem', NULL, ARRAY(
        SELECT s.monday_id
        FROM subitems s
        -- One that was archived is not on the list either, and stays what it is.
        WHERE s.parent_monday_id = ANY (parent_ids) AND s.state = 'active'
          AND NOT EXISTS (SELECT FROM unnest(subitem_ids) AS listed (id) WHERE listed.id = s.monday_id)), run_id);
END;
$$;
COMMENT ON FUNCTION pipeline_work.soft_delete_missing_subitems(text[], text[], bigint) IS
    'Gives the state deleted to subitems of the given projects that are not among the given subitems. Only for projects whose list of subitems was read in full. Returns their number. Errors: 22004 null, P0002 unknown run.';

CREATE FUNCTION pipeline.derive_pipeline_values(
    project_ids text[] DEFAULT NULL,
    OUT subitems bigint,
    OUT projects bigint
)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    run bigint;
    since timestamptz;
    ids text[];
    result record;
BEGIN
    PERFORM require_writable('derive values');
    PERFORM require_layout();
    run := require_or_begin_run(NULL, 'derive', NULL);
    PERFORM lock_monday_data();
    since := clock_timestamp();
    SELECT w.updated INTO subitems
    FROM write_monday_rows('subitem', NULL, NULL, ARRAY(
        SELECT s.monday_id FROM subitems s
        WHERE project_ids IS NULL OR s.parent_monday_id = ANY (project_ids)), run) w;
    ids := ARRAY(SELECT p.monday_id FROM projects p
                 WHERE p.board_id IS NOT NULL AND (project_ids IS NULL OR p.monday_id = ANY (project_ids)));
    SELECT * INTO result FROM write_monday_rows('parent', NULL, NULL, ids, run);
    projects := result.updated;
    PERFORM propagate_monday_changes('parent', result.changed_ids, '{}', '{}', run, since);
    PERFORM end_sync_run(run);
END;
$$;
COMMENT ON FUNCTION pipeline.derive_pipeline_values(text[]) IS
    'Links the subitems of projects anew and derives their values and those of the projects (default: all projects of boards). Ingest does it for what it changes; call it after a change of the settings statuses_without_value and new_enquiry_reason or of the boards. Returns the rows that changed.';
