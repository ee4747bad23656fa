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
    committed_value numeric
)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_waterfall_arguments(from_date, to_date, by);
    from_snapshot := snapshot_on_or_before(from_date, 'from_date');
    to_snapshot := snapshot_on_or_before(to_date, 'to_date');
    RETURN QUERY
    SELECT from_snapshot, to_snapshot, g.segment, w.bar, w.project_id, min(d.project_name), sum(w.expected_value),
           sum(w.committed_value)
    FROM waterfall_parts(from_snapshot, to_snapshot) w
    LEFT JOIN vw_dim_project d ON d.project_id = w.project_id
    CROSS JOIN LATERAL (SELECT waterfall_segment(
        by, w.stage_bucket, w.forecast_month, d.account, d.type, d.category, d.product_type) AS segment) g
    GROUP BY g.segment, w.bar, w.project_id
    -- A move from one month to another is none of the whole.
    HAVING sum(w.expected_value) <> 0 OR sum(w.committed_value) <> 0;
END;
$$;
COMMENT ON FUNCTION pipeline.forecast_waterfall_projects(date, date, text) IS
    'The projects behind each bar of forecast_waterfall() and what each adds to it. Errors as there.';
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
    committed_value numeric
)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_waterfall_arguments(from_date, to_date, by);
    from_snapshot := snapshot_on_or_before(from_date, 'from_date');
    to_snapshot := snapshot_on_or_before(to_date, 'to_date');
    RETURN QUERY
    WITH figure AS (
        SELECT p.segment, p.bar, count(*) AS projects, sum(p.expected_value) AS expected, sum(p.committed_value) AS committed
        FROM forecast_waterfall_projects(from_snapshot, to_snapshot, by) p
        GROUP BY 1, 2
        UNION ALL
        SELECT g.segment, e.bar, count(*), sum(s.expected_value), sum(s.committed_value)
        FROM (VALUES (from_snapshot, 'opening'), (to_snapshot, 'closing')) AS e (day, bar)
        JOIN pipeline_forecast_snapshot s ON s.snapshot_date = e.day
        LEFT JOIN vw_dim_project d ON d.project_id = s.project_id
        CROSS JOIN LATERAL (SELECT waterfall_segment(
            by, s.stage_bucket, s.forecast_month, d.account, d.type, d.category, d.product_type) AS segment) g
        GROUP BY 1, 2
    )
    SELECT from_snapshot, to_snapshot, v.segment, b."position"::integer, b.bar, coalesce(f.projects, 0),
           coalesce(f.expected, 0.00), coalesce(f.committed, 0.00)
    FROM (SELECT '(all)' AS segment WHERE by IS NULL UNION SELECT x.segment FROM figure x) v
    CROSS JOIN unnest(waterfall_bars()) WITH ORDINALITY AS b (bar, "position")
    LEFT JOIN figure f ON f.segment = v.segment AND f.bar = b.bar
    ORDER BY v.segment, b."position";
END;
$$;
COMMENT ON FUNCTION pipeline.forecast_waterfall(date, date, text) IS
    'What changed in the forecast between two snapshots: opening + created + won + lost + value_up + value_down + probability_up + probability_down + pulled_in + pushed_out + removed = closing, to 0.00, for expected and for committed value; as a whole, or by stage_bucket, forecast_month, account, type, category or product_type. The newest snapshot of a day or before it is taken and named. pulled_in and pushed_out: the month moved, or came into the 12 months, or left them; removed: archived, deleted, or its month is over. Errors: 22004 null, 22023 dates in the wrong order or unknown by, 55000 no snapshot.';
ALTER FUNCTION pipeline.forecast_waterfall(date, date, text) DEPENDS ON EXTENSION pipeline_forecast;
