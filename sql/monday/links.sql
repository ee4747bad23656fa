-- Links between subitems and hidden items that are not one to one, which would count a quote more than once.

CREATE FUNCTION pipeline.ambiguous_links()
RETURNS TABLE(problem text, name text, subitems bigint, projects bigint, hidden_items bigint, quote_amount numeric)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
BEGIN
    PERFORM require_layout();
    RETURN QUERY
    WITH unlinked AS (
        SELECT s.name_key, coalesce(s.board_id, '') AS board_id, min(s.item_name) AS name, count(*) AS subitems,
            array_agg(DISTINCT s.parent_monday_id) AS projects
        FROM subitems s
        WHERE s.link_method = 'none' AND s.state = 'active' AND s.name_key <> ''
        GROUP BY s.name_key, coalesce(s.board_id, '')
    ),
    alike AS (
        SELECT h.name_key, coalesce(h.board_id, '') AS board_id, count(*) AS hidden_items, sum(h.quote_amount) AS quote_amount
        FROM hidden_items h
        WHERE h.state = 'active' AND h.name_key IN (SELECT u.name_key FROM unlinked u)
        GROUP BY h.name_key, coalesce(h.board_id, '')
    ),
    found AS (
        SELECT 'shared name' AS problem, min(u.name) AS name,
            sum(u.subitems)::bigint AS subitems, sum(cardinality(u.projects))::bigint AS projects,
            a.hidden_items, a.quote_amount
        FROM unlinked u
        JOIN alike a ON a.name_key = u.name_key
        WHERE u.board_id = '' OR a.board_id = ''
           OR EXISTS (SELECT FROM linked_board_pairs() b WHERE b.subitem_board = u.board_id AND b.hidden_board = a.board_id)
        GROUP BY a.name_key, a.board_id, a.hidden_items, a.quote_amount
        UNION ALL
        SELECT 'shared item', h.item_name, s.subitems, s.projects, 1, h.quote_amount
        FROM (
            SELECT s.hidden_item_id, count(*) AS subitems, count(DISTINCT s.parent_monday_id) AS projects
            FROM subitems s
            WHERE s.state = 'active' AND s.hidden_item_id IS NOT NULL
            GROUP BY s.hidden_item_id
            HAVING count(DISTINCT s.parent_monday_id) > 1
        ) s
        JOIN hidden_items h ON h.monday_id = s.hidden_item_id
    )
    SELECT f.problem, f.name, f.subitems, f.projects, f.hidden_items, f.quote_amount
    FROM found f
    ORDER BY f.problem, f.quote_amount DESC NULLS LAST, f.subitems DESC, f.name;
END;
$$;
COMMENT ON FUNCTION pipeline.ambiguous_links() IS
    'What is not linked one to one, and what it is worth. shared name: subitems and hidden items of one name that others have as well, and which are therefore not linked. shared item: a hidden item that subitems of several projects are connected to, and whose amounts count in each of them. Connect each subitem to its own item on the board.';

CREATE FUNCTION pipeline_internal.check_links() RETURNS health_verdict
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
SET enable_hashjoin = off
SET enable_mergejoin = off
SET jit = off
AS $$
DECLARE
    -- The same subitems for a day, as in check_analyses().
    share CONSTANT double precision := sample_percent('subitems');
    looked_at bigint;
    unlinked bigint;
    shared bigint;
    example text;
BEGIN
    SELECT count(*),
        count(*) FILTER (WHERE s.link_method = 'none' AND s.name_key <> '' AND EXISTS (
            SELECT FROM hidden_items h WHERE h.name_key = s.name_key AND h.state = 'active'
              AND (s.board_id IS NULL OR h.board_id IS NULL OR EXISTS (
                  SELECT FROM linked_board_pairs() b WHERE b.subitem_board = s.board_id AND b.hidden_board = h.board_id)))),
        count(*) FILTER (WHERE s.hidden_item_id IS NOT NULL AND EXISTS (
            SELECT FROM subitems o WHERE o.hidden_item_id = s.hidden_item_id AND o.state = 'active' AND o.parent_monday_id <> s.parent_monday_id)),
        min(s.item_name) FILTER (WHERE s.link_method = 'none' AND s.name_key <> '' AND EXISTS (
            SELECT FROM hidden_items h WHERE h.name_key = s.name_key AND h.state = 'active'))
    INTO looked_at, unlinked, shared, example
    FROM subitems s TABLESAMPLE SYSTEM (share) REPEATABLE (pipeline_today() - date '2000-01-01')
    WHERE s.state = 'active';
    RETURN (CASE WHEN unlinked + shared > 0 THEN 'warn' ELSE 'ok' END,
            CASE WHEN looked_at = 0 THEN 'there is no subitem' ELSE format('of %s subitems%s %s', looked_at, CASE WHEN share < 100 THEN ' looked at' END,
                coalesce(nullif(concat_ws(' and ',
                    CASE WHEN unlinked > 0 THEN format('%s share their name with others and are not linked, such as "%s"', unlinked, left(example, 100)) END,
                    CASE WHEN shared > 0 THEN format('%s are connected to an item that counts in several projects', shared) END), '')
                    || ': ambiguous_links() lists them', 'none is linked in more than one way')) END,
            NULL)::health_verdict;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.check_links() IS
    'A warning where subitems are not linked since others have their name, or where a hidden item counts in several projects; of a large table a sample of some thousand is looked at.';
