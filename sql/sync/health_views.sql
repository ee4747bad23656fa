-- How the flows that bring data in are doing, and how fresh the data of each board is.
CREATE OR REPLACE VIEW pipeline.sync_health AS
SELECT
    f.sync_type,
    f.board_id,
    f.board_name,
    f.last_run,
    f.last_status,
    f.last_duration,
    f.last_success,
    now() - f.last_success AS success_age,
    f.failures_since_success,
    f.last_error,
    f.running,
    f.runs,
    f.failures,
    f.items_processed,
    f.items_created,
    f.items_updated,
    f.items_unchanged,
    f.items_deleted,
    f.items_rejected,
    f.api_calls,
    f.complexity_used
FROM (
    SELECT
        l.sync_type,
        l.board_id,
        (array_agg(l.board_name ORDER BY l.id DESC))[1] AS board_name,
        max(l.started_at) AS last_run,
        (array_agg(l.status ORDER BY l.id DESC))[1] AS last_status,
        (array_agg(l.completed_at - l.started_at ORDER BY l.id DESC))[1] AS last_duration,
        max(l.completed_at) FILTER (WHERE l.status = 'completed') AS last_success,
        count(*) FILTER (WHERE l.status = 'failed' AND l.id > l.last_success_id) AS failures_since_success,
        (array_agg(l.error_message ORDER BY l.id DESC) FILTER (WHERE l.status = 'failed'))[1] AS last_error,
        count(*) FILTER (WHERE l.status = 'running') AS running,
        count(*) FILTER (WHERE l.is_recent) AS runs,
        count(*) FILTER (WHERE l.is_recent AND l.status = 'failed') AS failures,
        coalesce(sum(l.items_processed) FILTER (WHERE l.is_recent), 0) AS items_processed,
        coalesce(sum(l.items_created) FILTER (WHERE l.is_recent), 0) AS items_created,
        coalesce(sum(l.items_updated) FILTER (WHERE l.is_recent), 0) AS items_updated,
        coalesce(sum(l.items_unchanged) FILTER (WHERE l.is_recent), 0) AS items_unchanged,
        coalesce(sum(l.items_deleted) FILTER (WHERE l.is_recent), 0) AS items_deleted,
        coalesce(sum(l.items_rejected) FILTER (WHERE l.is_recent), 0) AS items_rejected,
        coalesce(sum(l.api_calls) FILTER (WHERE l.is_recent), 0) AS api_calls,
        coalesce(sum(l.complexity_used) FILTER (WHERE l.is_recent), 0) AS complexity_used
    FROM (
        SELECT r.*,
            r.started_at >= now() - interval '24 hours' AS is_recent,
            coalesce(max(r.id) FILTER (WHERE r.status = 'completed') OVER (PARTITION BY r.sync_type, r.board_id), 0)
                AS last_success_id
        FROM sync_log r
    ) l
    GROUP BY l.sync_type, l.board_id
) f;

COMMENT ON VIEW pipeline.sync_health IS
    'Every flow that brings data in, by board: its last run and last success, failures since then with the last error, and the counters of the last 24 hours (runs, failures, items, rejects, calls).';

CREATE OR REPLACE VIEW pipeline.data_freshness AS
SELECT
    b.board_id::text AS board_id,
    b.name AS board_name,
    b.role,
    t.table_name,
    coalesce(r.row_count, 0) AS row_count,
    coalesce(r.active_count, 0) AS active_count,
    r.newest_update,
    r.last_written,
    b.high_water_mark AS last_sync,
    now() - b.high_water_mark AS age,
    coalesce(b.high_water_mark < (board_limits()).late_before, true) AS overdue
FROM monday_board b
CROSS JOIN LATERAL (SELECT monday_table(b.role) AS table_name) t
-- Of its own table alone, by the index of boards; of none where nobody asks how many rows there are.
LEFT JOIN LATERAL (
    SELECT count(*) AS row_count, count(*) FILTER (WHERE s.state = 'active') AS active_count,
        max(s.monday_updated_at) AS newest_update, max(s.last_synced_at) AS last_written
    FROM (
        SELECT state, monday_updated_at, last_synced_at FROM projects
        WHERE t.table_name = 'projects' AND board_id = b.board_id
        UNION ALL
        SELECT state, monday_updated_at, last_synced_at FROM subitems
        WHERE t.table_name = 'subitems' AND board_id = b.board_id
        UNION ALL
        SELECT state, monday_updated_at, last_synced_at FROM hidden_items
        WHERE t.table_name = 'hidden_items' AND board_id = b.board_id
    ) s
) r ON true
WHERE b.is_active;

COMMENT ON VIEW pipeline.data_freshness IS
    'Every configured board and the table it fills: rows, the newest change on the board, up to when its changes were read (last_sync), how long ago that is, and whether it is overdue (more than two hours and two runs of the sync, or never).';
