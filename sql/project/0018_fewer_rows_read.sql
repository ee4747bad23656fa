-- What was invoiced on projects, by day: few of them have an amount of their own.
CREATE INDEX projects_invoiced_idx ON pipeline.projects ((coalesce(last_date_invoiced, first_date_invoiced)))
    WHERE total_amount_invoiced <> 0 AND state <> 'deleted';

-- Projects that were imported are of no board.
DROP INDEX pipeline.projects_board_idx;
CREATE INDEX projects_board_idx ON pipeline.projects (board_id) WHERE board_id IS NOT NULL;
