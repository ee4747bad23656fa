-- What moved the forecast from one snapshot to another, as a waterfall and project by project.
-- Readers of reports see no table: these functions read history and snapshots with the rights of their owner.

CREATE OR REPLACE FUNCTION pipeline.forecast_waterfall_projects(
    from_date date,
    to_date date,
    by text DEFAULT NULL
) RETURNS TABLE(
    from_snapshot date,
    to_snapshot date,
    segment text,
    bar text,
    project_id text,
    project_name text,
    expected_value numeric,
    committed_value numeric,
    moved_expected_value numeric,
    moved_committed_value numeric,
    invoiced_value numeric
)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SECURITY DEFINER
SET search_path FROM CURRENT
SET jit = off
SET work_mem = '64MB'
AS $$
BEGIN
    PERFORM require_waterfall_arguments(from_date, to_date, by);
    from_snapshot := snapshot_on_or_before(from_date, 'from_date');
    to_snapshot := snapshot_on_or_before(to_date, 'to_date');
    RETURN QUERY EXECUTE waterfall_tables(from_snapshot, to_snapshot, by) || $sql$
        SELECT $1, $2, c.segment, c.bar, c.project_id, d.project_name, c.expected_value, c.committed_value,
               c.moved_expected_value, c.moved_committed_value, c.invoiced_value
        FROM change c
        LEFT JOIN vw_dim_project d ON d.project_id = c.project_id
    $sql$ USING from_snapshot, to_snapshot;
END;
$$;
COMMENT ON FUNCTION pipeline.forecast_waterfall_projects(date, date, text) IS
    'The projects behind each bar of forecast_waterfall() and what each adds to it; a project that moved to another month adds nothing to the whole and stands there with the value that moved. invoiced_value of month_ended: what was invoiced to the project from the opening''s month to the closing; 0 where nothing was. Errors as there.';
ALTER FUNCTION pipeline.forecast_waterfall_projects(date, date, text) DEPENDS ON EXTENSION pipeline_forecast;

CREATE OR REPLACE FUNCTION pipeline.forecast_waterfall(
    from_date date,
    to_date date,
    by text DEFAULT NULL
) RETURNS TABLE(
    from_snapshot date,
    to_snapshot date,
    segment text,
    "position" integer,
    bar text,
    project_count bigint,
    expected_value numeric,
    committed_value numeric,
    moved_expected_value numeric,
    moved_committed_value numeric,
    invoiced_count bigint,
    invoiced_value numeric
)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SECURITY DEFINER
SET search_path FROM CURRENT
SET jit = off
SET work_mem = '64MB'
AS $$
BEGIN
    PERFORM require_waterfall_arguments(from_date, to_date, by);
    from_snapshot := snapshot_on_or_before(from_date, 'from_date');
    to_snapshot := snapshot_on_or_before(to_date, 'to_date');
    RETURN QUERY EXECUTE waterfall_tables(from_snapshot, to_snapshot, by) || $sql$
        , figure AS (
            SELECT c.segment, c.bar, count(*) AS projects, sum(c.expected_value) AS expected, sum(c.committed_value) AS committed,
                   sum(c.moved_expected_value) AS moved_expected, sum(c.moved_committed_value) AS moved_committed,
                   count(*) FILTER (WHERE c.invoiced_value <> 0) AS invoices, sum(c.invoiced_value) AS invoiced
            FROM change c
            GROUP BY c.segment, c.bar
            UNION ALL
            SELECT e.segment, e.bar, e.project_count, e.expected_value, e.committed_value, NULL, NULL, NULL, NULL
            FROM edge e
        )
        SELECT $1, $2, v.segment, b."position"::integer, b.bar, coalesce(f.projects, 0),
               coalesce(f.expected, 0.00), coalesce(f.committed, 0.00),
               CASE WHEN b.bar IN ('moved_earlier', 'moved_later') THEN coalesce(f.moved_expected, 0.00) END,
               CASE WHEN b.bar IN ('moved_earlier', 'moved_later') THEN coalesce(f.moved_committed, 0.00) END,
               CASE WHEN b.bar = 'month_ended' THEN coalesce(f.invoices, 0) END,
               CASE WHEN b.bar = 'month_ended' THEN coalesce(f.invoiced, 0.00) END
        FROM (SELECT '(all)' AS segment WHERE $3 IS NULL UNION SELECT x.segment FROM figure x) v
        CROSS JOIN unnest(waterfall_bars()) WITH ORDINALITY AS b (bar, "position")
        LEFT JOIN figure f ON f.segment = v.segment AND f.bar = b.bar
        WHERE $3 = ANY (attributes_of_day()) OR b.bar NOT IN ('reassigned_in', 'reassigned_out')
        ORDER BY v.segment, b."position"
    $sql$ USING from_snapshot, to_snapshot, by;
END;
$$;
COMMENT ON FUNCTION pipeline.forecast_waterfall(date, date, text) IS
    'What changed in the forecast between two snapshots: opening + created + won + lost + value_up + value_down + probability_up + probability_down + pulled_in + pushed_out + moved_earlier + moved_later + reassigned_in + reassigned_out + month_ended + removed = closing, to 0.00, for expected and for committed value; as a whole, or by stage_bucket, forecast_month, account, type, category, product_type, pipeline_stage or sales_representative. The newest snapshot of a day or before it is taken and named. Attributes are those of the two days: a project that changed its account leaves one (reassigned_out) and enters another (reassigned_in); these two bars are there by an attribute only. pulled_in and pushed_out: came into the 12 months, or left them; moved_earlier and moved_later: moved within them, which the whole does not change: moved_expected_value and moved_committed_value say what moved; month_ended: its month is over, with how many of these projects were invoiced since the opening''s month, and how much; removed: archived or deleted. Errors: 22004 null, 22023 dates in the wrong order or unknown by, 55000 no snapshot.';
ALTER FUNCTION pipeline.forecast_waterfall(date, date, text) DEPENDS ON EXTENSION pipeline_forecast;
