-- What was written to the item of each analysed project, compared with what belongs there.
CREATE OR REPLACE VIEW pipeline_data.push_due AS
SELECT d.project_id, d.board_id, d.columns_changed, d.comment_changed, d.since
FROM (
    SELECT c.project_id, b.board_id, c.since,
        -- Where all three are unknown, or the board has no place for what is known, there is no column to write.
        c.columns_hash IS DISTINCT FROM s.columns_hash
            AND shown_has_moved(s.columns_shown, shown_numbers(c.days, c.rate, c.confidence, c.rating), c.segment_n,
                                c.days_spread, t.percent)
            AND num_nonnulls(c.days, c.rate, c.rating) > 0
            AND (b.board_id IS NULL OR EXISTS (
                SELECT FROM monday_column m
                WHERE m.board_id = b.board_id AND m.writable
                  AND CASE m.field WHEN 'expected_gestation_days' THEN c.days
                                   WHEN 'expected_conversion_rate' THEN c.rate
                                   WHEN 'rating_score' THEN c.rating END IS NOT NULL)) AS columns_changed,
        c.comment_hash IS DISTINCT FROM s.comment_hash
            AND (c.text_hash IS DISTINCT FROM s.comment_shown->>'text_hash'
                 OR shown_has_moved(s.comment_shown, shown_numbers(c.days, c.rate, c.confidence, c.rating), c.segment_n,
                                    c.days_spread, t.percent))
            AND (p.stage_bucket = 'Open' OR t.comments_on_closed) AS comment_changed
    FROM push_content c
    JOIN projects p ON p.monday_id = c.project_id
    LEFT JOIN monday_board b ON b.board_id = p.board_id AND b.is_active
    LEFT JOIN push_state s ON s.project_id = c.project_id
    CROSS JOIN (
        SELECT pipeline_setting('analysis_tolerance_percent')::integer AS percent,
            pipeline_setting('push_comments_on_closed') = '1' AS comments_on_closed
        OFFSET 0) t
) d
WHERE d.columns_changed OR d.comment_changed;

COMMENT ON VIEW pipeline_data.push_due IS
    'The projects whose columns or comment moved beyond the tolerance since they were written, or say something else (comments of open projects, unless push_comments_on_closed is set); board_id is NULL for those that no configured board has.';
