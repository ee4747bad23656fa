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
    'Forecast against actual at one horizon: of one month, or of all tested months where forecast_month is NULL; in total, or of one stage bucket, account or category. A segment has rows of the months in which it has a forecast or an actual, and its skill is that of these months. Counts are of projects with a forecast or an actual that is not 0. absolute_error sums |expected - actual| over projects, monthly_error over months. matched: invoiced, and forecast for that month; other_month: invoiced, but forecast for another month; unforeseen_value: invoiced to projects that were in no forecast; false_alarm: expected, but not invoiced in that month. Shares are 0..1.';

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
-- Several sorts and hash tables at once; what does not fit goes to disk.
SET work_mem = '6MB'
-- The planner takes groups by several sets for as many as there are rows, and would sort what is quickly hashed.
SET enable_mergejoin = off
AS $$
DECLARE
    months date[];
    horizons integer[];
    days date[];
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
    SELECT array_agg(o.forecast_month), array_agg(o.horizon), array_agg(o.snapshot_date) INTO months, horizons, days
    FROM backtest_origins(months_back, snapshot_lag_days, replay, last_month) o;
    IF days IS NULL THEN
        RETURN;
    END IF;

    RETURN QUERY EXECUTE format($sql$
        WITH origin AS MATERIALIZED (
            SELECT o.*,
                   -- The last month that was complete when the forecast was made.
                   (pipeline_forecast_month(o.snapshot_date + 1) - interval '1 month')::date AS known_month
            FROM unnest($1, $2, $3) AS o (forecast_month, horizon, snapshot_date)
        ),
        -- What projects were on a day: what snapshots noted, before the first of them what it noted as well; of a project
        -- of which none noted anything, what it is today.
        noted AS (
            SELECT v.project_id,
                   CASE WHEN lag(v.first_day) OVER (PARTITION BY v.project_id ORDER BY v.first_day) IS NULL THEN '-infinity'
                        ELSE v.first_day END AS first_day,
                   coalesce(v.end_day, 'infinity') AS end_day,
                   nullif(btrim(v.account), '') AS account, nullif(btrim(v.category), '') AS category
            FROM vw_dim_project_of_day v
            WHERE $7
            UNION ALL
            SELECT d.project_id, '-infinity', 'infinity', nullif(btrim(d.account), ''), nullif(btrim(d.category), '')
            FROM vw_dim_project d
            WHERE $7 AND NOT EXISTS (SELECT FROM vw_dim_project_of_day v WHERE v.project_id = d.project_id)
        ),
        cell_sum AS MATERIALIZED (
            SELECT
                %2$s
                c.horizon, c.forecast_month,
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
            FROM (%1$s) c
            GROUP BY c.horizon, c.forecast_month %3$s
        ),
        %7$s
        -- By number from here on: text is slow to sort. The total is there even where nothing was forecast or invoiced.
        segment AS MATERIALIZED (
            SELECT (row_number() OVER (
                       ORDER BY array_position(ARRAY['total', 'stage_bucket', 'category', 'account'], v.segment),
                                v.segment_value))::integer AS id,
                   v.segment, v.segment_value
            FROM (SELECT 'total' AS segment, '(all)' AS segment_value UNION SELECT s.segment, s.segment_value FROM summed s) v
        ),
        -- A segment has rows only where it has a forecast or an invoice; the total has one of each month.
        sum_of AS MATERIALIZED (
            SELECT g.id, g.segment, o.horizon, o.forecast_month, o.snapshot_date, o.known_month, coalesce(s.projects, 0) AS projects,
                   s.forecasts, s.actuals, s.matched, s.other_month, s.false_alarms, s.out_of_order, s.in_band,
                   coalesce(s.actual, 0) AS actual, s.unforeseen, coalesce(s.expected, 0) AS expected,
                   coalesce(s.committed, 0) AS committed, coalesce(s.worst, 0) AS worst, coalesce(s.best, 0) AS best,
                   s.error, s.committed_error
            FROM origin o
            LEFT JOIN summed s ON s.horizon = o.horizon AND s.forecast_month = o.forecast_month AND s.segment = 'total'
            JOIN segment g ON g.segment = 'total'
            UNION ALL
            SELECT g.id, g.segment, o.horizon, o.forecast_month, o.snapshot_date, o.known_month, s.projects,
                   s.forecasts, s.actuals, s.matched, s.other_month, s.false_alarms, s.out_of_order, s.in_band,
                   s.actual, s.unforeseen, s.expected, s.committed, s.worst, s.best, s.error, s.committed_error
            FROM summed s
            JOIN origin o ON o.horizon = s.horizon AND o.forecast_month = s.forecast_month
            JOIN segment g ON g.segment = s.segment AND g.segment_value = s.segment_value
            WHERE s.segment <> 'total'
        ),
        -- What was invoiced by segment and month, two years before the tested months as well: the naive lines come from
        -- it. What a stage bucket will invoice is not known before it is forecast, so that buckets have no naive line.
        revenue AS MATERIALIZED (
            SELECT g.id, r.month, r.amount
            FROM (
                SELECT %4$s, i.month, sum(i.amount) AS amount
                FROM invoiced_by_month(($5 - interval '24 months')::date, $6, $4) i
                %6$s
                GROUP BY %5$s
            ) r
            JOIN segment g ON g.segment = r.segment AND g.segment_value = r.segment_value
        ),
        -- They begin with the first invoice of all. The mean is that of up to 12 months.
        naive AS MATERIALIZED (
            SELECT k.id, k.known_month,
                   coalesce(sum(r.amount) FILTER (WHERE r.month = k.known_month), 0) AS last_month,
                   round(coalesce(sum(r.amount), 0) / least(12, months_between(begins.month, k.known_month) + 1), 2) AS mean
            FROM (SELECT DISTINCT s.id, s.known_month FROM sum_of s WHERE s.segment <> 'stage_bucket') k
            JOIN (SELECT min(r.month) AS month FROM revenue r) begins ON begins.month <= k.known_month
            LEFT JOIN revenue r ON r.id = k.id AND r.month <= k.known_month AND r.month > k.known_month - interval '12 months'
            GROUP BY k.id, k.known_month, begins.month
        ),
        monthly AS MATERIALIZED (
            SELECT s.*, abs(s.expected - s.actual) AS total_error, n.last_month, n.mean,
                   CASE WHEN n.id IS NOT NULL AND earlier.month BETWEEN (SELECT min(r.month) FROM revenue r) AND s.known_month
                        THEN coalesce(y.amount, 0) END AS last_year
            FROM sum_of s
            CROSS JOIN LATERAL (SELECT (s.forecast_month - interval '12 months')::date AS month) earlier
            LEFT JOIN naive n ON n.id = s.id AND n.known_month = s.known_month
            LEFT JOIN revenue y ON y.id = s.id AND y.month = earlier.month
        ),
        figure AS (
            SELECT m.id, m.horizon, m.forecast_month, m.snapshot_date, (m.projects > 0)::integer::bigint AS months,
                   m.projects, coalesce(m.forecasts, 0) AS forecasts, coalesce(m.actuals, 0) AS actuals,
                   coalesce(m.matched, 0) AS matched, coalesce(m.other_month, 0) AS other_month,
                   coalesce(m.false_alarms, 0) AS false_alarms, coalesce(m.out_of_order, 0) AS out_of_order,
                   coalesce(m.in_band, 0) AS in_band,
                   (m.projects > 0 AND m.actual BETWEEN m.worst AND m.best)::integer::bigint AS months_in_band,
                   m.actual, coalesce(m.unforeseen, 0) AS unforeseen, m.expected, m.committed, m.worst, m.best,
                   coalesce(m.error, 0) AS error, coalesce(m.committed_error, 0) AS committed_error, m.total_error,
                   m.last_month, m.last_year, m.mean,
                   pipeline_skill(m.total_error, abs(m.last_month - m.actual)) AS skill_last_month,
                   pipeline_skill(m.total_error, abs(m.last_year - m.actual)) AS skill_last_year,
                   pipeline_skill(m.total_error, abs(m.mean - m.actual)) AS skill_mean
            FROM monthly m
            UNION ALL
            SELECT m.id, m.horizon, NULL, NULL, count(*) FILTER (WHERE m.projects > 0),
                   sum(m.projects)::bigint, coalesce(sum(m.forecasts), 0)::bigint, coalesce(sum(m.actuals), 0)::bigint,
                   coalesce(sum(m.matched), 0)::bigint, coalesce(sum(m.other_month), 0)::bigint,
                   coalesce(sum(m.false_alarms), 0)::bigint, coalesce(sum(m.out_of_order), 0)::bigint,
                   coalesce(sum(m.in_band), 0)::bigint,
                   count(*) FILTER (WHERE m.projects > 0 AND m.actual BETWEEN m.worst AND m.best),
                   sum(m.actual), coalesce(sum(m.unforeseen), 0), sum(m.expected), sum(m.committed), sum(m.worst), sum(m.best),
                   coalesce(sum(m.error), 0), coalesce(sum(m.committed_error), 0), sum(m.total_error),
                   NULL, NULL, NULL,
                   -- A naive line is compared in the months in which there is one.
                   pipeline_skill(sum(m.total_error) FILTER (WHERE m.last_month IS NOT NULL),
                                  sum(abs(m.last_month - m.actual))),
                   pipeline_skill(sum(m.total_error) FILTER (WHERE m.last_year IS NOT NULL),
                                  sum(abs(m.last_year - m.actual))),
                   pipeline_skill(sum(m.total_error) FILTER (WHERE m.mean IS NOT NULL),
                                  sum(abs(m.mean - m.actual)))
            FROM monthly m
            GROUP BY m.id, m.horizon
        )
        SELECT
            g.segment, g.segment_value, f.horizon, f.forecast_month, f.snapshot_date, $8,
            f.months, f.projects, f.forecasts, f.actuals, f.matched, f.other_month, f.false_alarms, f.out_of_order,
            f.in_band, f.months_in_band,
            f.actual, f.unforeseen, f.expected, f.committed, f.worst, f.best, f.error, f.committed_error, f.total_error,
            f.last_month, f.last_year, f.mean,
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
        ORDER BY f.id, f.horizon, f.forecast_month NULLS FIRST
        $sql$,
        backtest_cells(ARRAY(SELECT DISTINCT day FROM unnest(days) AS day), replay, by_segment),
        CASE WHEN by_segment THEN 'c.stage_bucket, c.category, c.account, grouping(c.account) = 0 AS is_account,' END,
        CASE WHEN by_segment THEN ', GROUPING SETS ((c.stage_bucket, c.category), (c.account))' END,
        CASE WHEN by_segment THEN
            'CASE grouping(n.category, n.account) WHEN 1 THEN ''category'' WHEN 2 THEN ''account'' ELSE ''total'' END AS segment, '
            'CASE grouping(n.category, n.account) WHEN 1 THEN coalesce(n.category, ''(none)'') WHEN 2 THEN coalesce(n.account, ''(none)'') ELSE ''(all)'' END AS segment_value'
        ELSE '''total'' AS segment, ''(all)'' AS segment_value' END,
        CASE WHEN by_segment THEN 'i.month, GROUPING SETS ((), (n.category), (n.account))' ELSE 'i.month' END,
        CASE WHEN by_segment THEN
            'LEFT JOIN noted n ON n.project_id = i.project_id AND n.first_day < i.month + interval ''1 month'' AND n.end_day >= i.month + interval ''1 month'''
        END,
        -- Cells are added up twice: by account, and by bucket and category, of which there are so few that what else is
        -- wanted comes from their sums.
        CASE WHEN by_segment THEN $sql$
            summed AS MATERIALIZED (
                SELECT 'account' AS segment, s.account AS segment_value, s.horizon, s.forecast_month, s.projects, s.forecasts, s.actuals,
                       s.matched, s.other_month, s.false_alarms, s.out_of_order, s.in_band, s.actual, s.unforeseen, s.expected,
                       s.committed, s.worst, s.best, s.error, s.committed_error
                FROM cell_sum s
                WHERE s.is_account
                UNION ALL
                SELECT CASE grouping(s.stage_bucket, s.category) WHEN 1 THEN 'stage_bucket' WHEN 2 THEN 'category' ELSE 'total' END,
                       CASE grouping(s.stage_bucket, s.category) WHEN 1 THEN s.stage_bucket WHEN 2 THEN s.category ELSE '(all)' END,
                       s.horizon, s.forecast_month, sum(s.projects)::bigint, sum(s.forecasts)::bigint, sum(s.actuals)::bigint,
                       sum(s.matched)::bigint, sum(s.other_month)::bigint, sum(s.false_alarms)::bigint, sum(s.out_of_order)::bigint,
                       sum(s.in_band)::bigint, sum(s.actual), sum(s.unforeseen), sum(s.expected), sum(s.committed), sum(s.worst),
                       sum(s.best), sum(s.error), sum(s.committed_error)
                FROM cell_sum s
                WHERE NOT s.is_account
                GROUP BY s.horizon, s.forecast_month, GROUPING SETS ((), (s.stage_bucket), (s.category))
            ),
        $sql$ ELSE $sql$
            summed AS (SELECT 'total' AS segment, '(all)' AS segment_value, s.* FROM cell_sum s),
        $sql$ END)
    USING months, horizons, days, minimum_actual, (SELECT min(m) FROM unnest(months) AS m), (SELECT max(m) FROM unnest(months) AS m),
          by_segment, CASE WHEN replay THEN 'history' ELSE 'snapshots' END;
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
    'The forecasts of stored snapshots against what was invoiced (vw_invoices): for the last months_back complete months (up to last_month, default the last complete one), by horizon 1..12 (as far as snapshots reach), by month and over all (forecast_month NULL), in total and by stage bucket, category and account, as they were on the day of the forecast. Forecast and actual are joined both ways, so that false alarms and wrong months count. With replay the forecasts are computed from history as of each day instead. No rows where no snapshot is old enough. Error 22023 for arguments out of range.';
