-- The backtest: figures by horizon, segment and month from its cells.

CREATE TYPE pipeline.forecast_backtest_row AS (
    segment text,
    segment_value text,
    horizon integer,
    forecast_month date,
    snapshot_date date,
    source text,
    month_count bigint,
    project_count bigint,
    forecast_count bigint,
    actual_count bigint,
    matched_count bigint,
    other_month_count bigint,
    false_alarm_count bigint,
    out_of_order_count bigint,
    in_band_count bigint,
    months_in_band bigint,
    actual_value numeric,
    unforeseen_value numeric,
    expected_value numeric,
    committed_value numeric,
    worst_case_value numeric,
    best_case_value numeric,
    absolute_error numeric,
    committed_absolute_error numeric,
    monthly_error numeric,
    naive_last_month numeric,
    naive_last_year numeric,
    naive_mean numeric,
    wape numeric,
    committed_wape numeric,
    monthly_wape numeric,
    bias numeric,
    project_coverage numeric,
    month_coverage numeric,
    match_rate numeric,
    skill_last_month numeric,
    skill_last_year numeric,
    skill_mean numeric
);
COMMENT ON TYPE pipeline.forecast_backtest_row IS
    'Forecast against actual at one horizon: of one month, or of all tested months where forecast_month is NULL; in total, or of one stage bucket, account or category. Counts are of projects with a forecast or an actual that is not 0. absolute_error sums |expected - actual| over projects, monthly_error over months. matched: invoiced, and forecast for that month; other_month: invoiced, but forecast for another month; unforeseen_value: invoiced to projects that were in no forecast; false_alarm: expected, but not invoiced in that month. Shares are 0..1.';

CREATE FUNCTION pipeline_internal.backtest_rows(
    months_back integer,
    snapshot_lag_days integer,
    minimum_actual numeric,
    replay boolean,
    last_month date,
    by_segment boolean
) RETURNS SETOF forecast_backtest_row
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
SET jit = off
SET work_mem = '64MB'
AS $$
BEGIN
    PERFORM require_layout();
    PERFORM require_backtest_arguments(months_back, snapshot_lag_days, minimum_actual);
    replay := coalesce(replay, false);
    IF replay AND NOT has_table_privilege('project_history', 'SELECT') THEN
        RAISE EXCEPTION USING
            ERRCODE = '42501',
            MESSAGE = 'permission denied to replay history',
            HINT = 'Leave replay out to test stored snapshots; history is for the owner of the tables and the role of the poller.';
    END IF;

    RETURN QUERY
    WITH origin AS MATERIALIZED (
        SELECT o.*,
               -- The last month that was complete when the forecast was made.
               (pipeline_forecast_month(o.snapshot_date + 1) - interval '1 month')::date AS known_month
        FROM backtest_origins(months_back, snapshot_lag_days, replay, last_month) o
    ),
    attribute AS (
        SELECT d.project_id, nullif(btrim(d.account), '') AS account, nullif(btrim(d.category), '') AS category
        FROM vw_dim_project d
        WHERE by_segment
    ),
    summed AS (
        SELECT
            s.segment, s.segment_value, c.horizon, c.forecast_month,
            count(*) AS projects,
            count(*) FILTER (WHERE c.is_forecast) AS forecasts,
            count(*) FILTER (WHERE c.is_actual) AS actuals,
            count(*) FILTER (WHERE c.is_actual AND c.is_forecast) AS matched,
            count(*) FILTER (WHERE c.is_other_month) AS other_month,
            count(*) FILTER (WHERE NOT c.is_actual AND c.expected_value <> 0) AS false_alarms,
            count(*) FILTER (WHERE c.worst_case_value > c.expected_value OR c.expected_value > c.best_case_value)
                AS out_of_order,
            count(*) FILTER (WHERE c.is_forecast AND c.actual_value BETWEEN c.worst_case_value AND c.best_case_value)
                AS in_band,
            sum(c.actual_value) AS actual,
            sum(c.actual_value) FILTER (WHERE NOT c.is_forecast AND NOT c.is_other_month) AS unforeseen,
            sum(c.expected_value) AS expected, sum(c.committed_value) AS committed,
            sum(c.worst_case_value) AS worst, sum(c.best_case_value) AS best,
            sum(abs(c.expected_value - c.actual_value)) AS error,
            sum(abs(c.committed_value - c.actual_value)) AS committed_error
        FROM backtest_cells(months_back, snapshot_lag_days, minimum_actual, replay, last_month) c
        LEFT JOIN attribute p ON p.project_id = c.project_id
        CROSS JOIN LATERAL (VALUES
            ('total', '(all)'), ('stage_bucket', c.stage_bucket), ('category', coalesce(p.category, '(none)')),
            ('account', coalesce(p.account, '(none)'))) AS s (segment, segment_value)
        WHERE by_segment OR s.segment = 'total'
        GROUP BY 1, 2, 3, 4
    ),
    -- By number from here on: text is slow to sort. The total is there even where nothing was forecast or invoiced.
    segment AS MATERIALIZED (
        SELECT (row_number() OVER (
                   ORDER BY array_position(ARRAY['total', 'stage_bucket', 'category', 'account'], v.segment),
                            v.segment_value))::integer AS id,
               v.segment, v.segment_value
        FROM (SELECT 'total' AS segment, '(all)' AS segment_value UNION SELECT s.segment, s.segment_value FROM summed s) v
    ),
    sum_of AS MATERIALIZED (
        SELECT g.id, s.*
        FROM summed s
        JOIN segment g ON g.segment = s.segment AND g.segment_value = s.segment_value
    ),
    -- What was invoiced by segment and month, two years before the tested months as well: the naive lines come from
    -- it. What a stage bucket will invoice is not known before it is forecast, so that buckets have no naive line.
    revenue AS MATERIALIZED (
        SELECT s.segment, s.segment_value, i.month, sum(i.amount) AS amount
        FROM invoiced_by_month(
            (SELECT min(o.forecast_month) - interval '24 months' FROM origin o)::date,
            (SELECT max(o.forecast_month) FROM origin o), minimum_actual) i
        LEFT JOIN attribute p ON p.project_id = i.project_id
        CROSS JOIN LATERAL (VALUES
            ('total', '(all)'), ('category', coalesce(p.category, '(none)')), ('account', coalesce(p.account, '(none)'))
        ) AS s (segment, segment_value)
        WHERE by_segment OR s.segment = 'total'
        GROUP BY 1, 2, 3
    ),
    -- From the first invoice on without gaps, with the mean of up to 12 months.
    line AS MATERIALIZED (
        SELECT s.id, m.month::date AS month, coalesce(r.amount, 0) AS amount,
               round(avg(coalesce(r.amount, 0)) OVER (PARTITION BY s.id ORDER BY m.month ROWS 11 PRECEDING), 2) AS mean
        FROM segment s
        CROSS JOIN generate_series((SELECT min(r.month) FROM revenue r)::timestamp,
                                   (SELECT max(o.known_month) FROM origin o)::timestamp, interval '1 month') AS m (month)
        LEFT JOIN (
            SELECT g.id, v.month, v.amount
            FROM revenue v
            JOIN segment g ON g.segment = v.segment AND g.segment_value = v.segment_value
        ) r ON r.id = s.id AND r.month = m.month
        WHERE s.segment <> 'stage_bucket'
    ),
    -- Every segment in every month: where a segment is silent, its naive line need not be.
    monthly AS (
        SELECT
            g.id, o.horizon, o.forecast_month, o.snapshot_date,
            coalesce(s.projects, 0) AS projects, s.forecasts, s.actuals, s.matched, s.other_month, s.false_alarms,
            s.out_of_order, s.in_band,
            coalesce(s.actual, 0) AS actual, s.unforeseen, coalesce(s.expected, 0) AS expected,
            coalesce(s.committed, 0) AS committed, coalesce(s.worst, 0) AS worst, coalesce(s.best, 0) AS best,
            s.error, s.committed_error, abs(coalesce(s.expected, 0) - coalesce(s.actual, 0)) AS total_error,
            known.amount AS last_month, known.mean, year_before.amount AS last_year
        FROM segment g
        CROSS JOIN origin o
        LEFT JOIN sum_of s ON s.id = g.id AND s.horizon = o.horizon AND s.forecast_month = o.forecast_month
        LEFT JOIN line known ON known.id = g.id AND known.month = o.known_month
        LEFT JOIN line year_before ON year_before.id = g.id
            AND year_before.month = (o.forecast_month - interval '12 months')::date
            AND year_before.month <= o.known_month
    ),
    figure AS (
        SELECT
            m.id, m.horizon, m.forecast_month,
            count(*) FILTER (WHERE m.projects > 0) AS months,
            sum(m.projects)::bigint AS projects,
            coalesce(sum(m.forecasts), 0)::bigint AS forecasts,
            coalesce(sum(m.actuals), 0)::bigint AS actuals,
            coalesce(sum(m.matched), 0)::bigint AS matched,
            coalesce(sum(m.other_month), 0)::bigint AS other_month,
            coalesce(sum(m.false_alarms), 0)::bigint AS false_alarms,
            coalesce(sum(m.out_of_order), 0)::bigint AS out_of_order,
            coalesce(sum(m.in_band), 0)::bigint AS in_band,
            count(*) FILTER (WHERE m.projects > 0 AND m.actual BETWEEN m.worst AND m.best) AS months_in_band,
            sum(m.actual) AS actual, coalesce(sum(m.unforeseen), 0) AS unforeseen, sum(m.expected) AS expected,
            sum(m.committed) AS committed, sum(m.worst) AS worst, sum(m.best) AS best,
            coalesce(sum(m.error), 0) AS error,
            coalesce(sum(m.committed_error), 0) AS committed_error,
            sum(m.total_error) AS total_error,
            -- Of a single month.
            min(m.snapshot_date) AS snapshot_date,
            min(m.last_month) AS last_month, min(m.last_year) AS last_year, min(m.mean) AS mean,
            -- A naive line is compared in the months in which there is one.
            pipeline_skill(sum(m.total_error) FILTER (WHERE m.last_month IS NOT NULL),
                                       sum(abs(m.last_month - m.actual))) AS skill_last_month,
            pipeline_skill(sum(m.total_error) FILTER (WHERE m.last_year IS NOT NULL),
                                       sum(abs(m.last_year - m.actual))) AS skill_last_year,
            pipeline_skill(sum(m.total_error) FILTER (WHERE m.mean IS NOT NULL),
                                       sum(abs(m.mean - m.actual))) AS skill_mean
        FROM monthly m
        GROUP BY m.id, m.horizon, GROUPING SETS ((), (m.forecast_month))
    )
    SELECT
        g.segment, g.segment_value, f.horizon, f.forecast_month,
        CASE WHEN f.forecast_month IS NOT NULL THEN f.snapshot_date END,
        CASE WHEN replay THEN 'history' ELSE 'snapshots' END,
        f.months, f.projects, f.forecasts, f.actuals, f.matched, f.other_month, f.false_alarms, f.out_of_order,
        f.in_band, f.months_in_band,
        f.actual, f.unforeseen, f.expected, f.committed, f.worst, f.best, f.error, f.committed_error, f.total_error,
        CASE WHEN f.forecast_month IS NOT NULL THEN f.last_month END,
        CASE WHEN f.forecast_month IS NOT NULL THEN f.last_year END,
        CASE WHEN f.forecast_month IS NOT NULL THEN f.mean END,
        pipeline_wape(f.error, f.actual),
        pipeline_wape(f.committed_error, f.actual),
        pipeline_wape(f.total_error, f.actual),
        pipeline_bias(f.expected, f.actual),
        pipeline_share(f.in_band, f.forecasts),
        pipeline_share(f.months_in_band, f.months),
        pipeline_share(f.matched, f.actuals),
        f.skill_last_month, f.skill_last_year, f.skill_mean
    FROM figure f
    JOIN segment g ON g.id = f.id
    WHERE f.projects > 0 OR g.segment = 'total'
    ORDER BY f.id, f.horizon, f.forecast_month NULLS FIRST;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.backtest_rows(integer, integer, numeric, boolean, date, boolean) IS
    'The rows of forecast_backtest(), of all segments or of the total alone.';

CREATE FUNCTION pipeline.forecast_backtest(
    months_back integer DEFAULT 6,
    snapshot_lag_days integer DEFAULT 1,
    minimum_actual numeric DEFAULT 1.0,
    replay boolean DEFAULT false,
    last_month date DEFAULT NULL
) RETURNS SETOF forecast_backtest_row
LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$ SELECT * FROM backtest_rows($1, $2, $3, $4, $5, true) $$;
COMMENT ON FUNCTION pipeline.forecast_backtest(integer, integer, numeric, boolean, date) IS
    'The forecasts of stored snapshots against what was invoiced (vw_invoices): for the last months_back complete months (up to last_month, default the last complete one), by horizon 1..12 (as far as snapshots reach), by month and over all (forecast_month NULL), in total and by stage bucket, category and account. Forecast and actual are joined both ways, so that false alarms and wrong months count. With replay the forecasts are computed from history as of each day instead. No rows where no snapshot is old enough. Error 22023 for arguments out of range.';
