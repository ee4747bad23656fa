-- The cells of a backtest: what was forecast for a project and month, months ahead, beside what was invoiced.

CREATE FUNCTION pipeline_internal.require_backtest_arguments(
    months_back integer,
    snapshot_lag_days integer,
    minimum_actual numeric
) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF months_back IS NULL OR months_back NOT BETWEEN 1 AND 120 THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('months_back must be between 1 and 120, not %s', coalesce(months_back::text, 'NULL')),
            HINT = 'It is the number of complete months to test.';
    END IF;
    IF snapshot_lag_days IS NULL OR snapshot_lag_days NOT BETWEEN 0 AND 366 THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('snapshot_lag_days must be between 0 and 366, not %s',
                             coalesce(snapshot_lag_days::text, 'NULL')),
            HINT = 'It is how many days before a month its forecast has to exist.';
    END IF;
    IF minimum_actual IS NULL OR NOT minimum_actual BETWEEN 0 AND 1e12 THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('minimum_actual must be between 0 and 10^12, not %s',
                             coalesce(minimum_actual::text, 'NULL')),
            HINT = 'Smaller amounts, invoiced to a project in a month, count as nothing.';
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.require_backtest_arguments(integer, integer, numeric) IS
    'Error 22023 for arguments of a backtest that make no sense.';

CREATE FUNCTION pipeline_internal.invoiced_by_month(first_month date, last_month date, minimum_actual numeric)
RETURNS TABLE(project_id text, month date, amount numeric)
LANGUAGE sql STABLE PARALLEL SAFE
ROWS 10000
SET search_path FROM CURRENT
AS $$
    SELECT i.project_id, pipeline_forecast_month(i.invoice_date), sum(i.amount_invoiced)
    FROM vw_invoices i
    WHERE i.invoice_date >= $1 AND i.invoice_date < $2 + interval '1 month'
    GROUP BY 1, 2
    HAVING sum(i.amount_invoiced) <> 0 AND abs(sum(i.amount_invoiced)) >= $3
$$;
COMMENT ON FUNCTION pipeline_internal.invoiced_by_month(date, date, numeric) IS
    'What was invoiced to each project in each month of a span, credit notes net, amounts below the minimum left out.';

-- A forecast made before a month is compared with it: at horizon 1 made before that very month, at horizon 12 made
-- before the month 11 months earlier. A snapshot whose 12 months do not reach the month says nothing about it.
CREATE FUNCTION pipeline_internal.backtest_origins(
    months_back integer,
    snapshot_lag_days integer,
    replay boolean,
    last_month date
) RETURNS TABLE(forecast_month date, horizon integer, snapshot_date date)
LANGUAGE sql STABLE PARALLEL SAFE
ROWS 100
SET search_path FROM CURRENT
AS $$
    -- Where history begins is asked once: the answer takes a scan of it.
    WITH begins AS MATERIALIZED (
        SELECT CASE WHEN $3 THEN history_begins() END AS moment
    )
    SELECT tested.month, h.horizon, o.day
    FROM (
        SELECT (pipeline_forecast_month(coalesce(
                    $4, (pipeline_forecast_month(pipeline_today()) - interval '1 month')::date))
                - make_interval(months => n))::date AS month
        FROM generate_series(0, $1 - 1) AS n
    ) tested
    CROSS JOIN generate_series(1, 12) AS h (horizon)
    CROSS JOIN LATERAL (
        SELECT (tested.month - make_interval(months => h.horizon - 1))::date - $2 AS newest
    ) limits
    CROSS JOIN begins
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN NOT $3 THEN
                (SELECT max(d.snapshot_date) FROM vw_dim_snapshot_date d WHERE d.snapshot_date <= limits.newest)
            WHEN (limits.newest + 1)::timestamp AT TIME ZONE 'UTC' > begins.moment THEN limits.newest
            END AS day
    ) o
    WHERE tested.month >= pipeline_window_start(o.day)
      AND ($3 OR tested.month < pipeline_window_end(o.day))
$$;
COMMENT ON FUNCTION pipeline_internal.backtest_origins(integer, integer, boolean, date) IS
    'For each tested month and horizon the day whose forecast counts: the newest snapshot, or with replay the day itself, not later than snapshot_lag_days before the month that lies horizon - 1 months earlier.';

-- One query per day, with the day as a constant: each reads one partition, or history as of that day.
CREATE FUNCTION pipeline_internal.backtest_forecasts(days date[], replay boolean) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT string_agg(format(CASE WHEN $2 THEN
        'SELECT %1$L::date AS snapshot_date, project_id, forecast_month, stage_bucket, expected_value, committed_value, '
        'worst_case_value, best_case_value, account, category FROM pipeline_forecast_as_of(end_of_day(%1$L)) '
        'WHERE forecast_month >= $5 AND forecast_month <= $6'
        ELSE
        'SELECT snapshot_date, project_id, forecast_month, stage_bucket, expected_value, committed_value, '
        'worst_case_value, best_case_value FROM pipeline_forecast_snapshot '
        'WHERE snapshot_date = %1$L AND forecast_month >= $5 AND forecast_month <= $6'
        END, to_char(day, 'YYYY-MM-DD')), ' UNION ALL ')
    FROM unnest($1) AS day
$$;
COMMENT ON FUNCTION pipeline_internal.backtest_forecasts(date[], boolean) IS
    'The query for what was forecast on each of these days for the months $5 to $6.';

-- One row per horizon, month and project with a forecast or an invoice: joined both ways, so that false alarms and wrong
-- months are there. account and category are those of the day of the forecast.
CREATE FUNCTION pipeline_internal.backtest_cells(days date[], replay boolean, by_segment boolean) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT format($sql$
        SELECT
            coalesce(f.horizon, a.horizon) AS horizon, coalesce(f.forecast_month, a.forecast_month) AS forecast_month,
            coalesce(f.stage_bucket, '(not forecast)') AS stage_bucket, f.horizon IS NOT NULL AS is_forecast,
            a.horizon IS NOT NULL AS is_actual,
            -- Invoiced in a month it was not forecast for: was it known at all?
            f.horizon IS NULL AND %2$s AS is_other_month,
            coalesce(a.amount, 0) AS actual_value, coalesce(f.expected_value, 0) AS expected_value,
            coalesce(f.committed_value, 0) AS committed_value, coalesce(f.worst_case_value, 0) AS worst_case_value,
            coalesce(f.best_case_value, 0) AS best_case_value %3$s
        FROM (
            SELECT o.horizon, r.*
            FROM (%1$s) r
            JOIN origin o ON o.snapshot_date = r.snapshot_date AND o.forecast_month = r.forecast_month
        ) f
        FULL JOIN (
            SELECT o.horizon, o.forecast_month, o.snapshot_date, i.project_id, i.amount
            FROM origin o
            JOIN invoiced_by_month($5, $6, $4) i ON i.month = o.forecast_month
        ) a ON a.horizon = f.horizon AND a.forecast_month = f.forecast_month AND a.project_id = f.project_id
        %4$s
        -- Forecast at nothing, and nothing came: no merit and no error.
        WHERE a.horizon IS NOT NULL OR f.expected_value <> 0 OR f.committed_value <> 0
           OR f.worst_case_value <> 0 OR f.best_case_value <> 0
        $sql$,
        backtest_forecasts($1, $2),
        CASE WHEN $2 THEN
            'EXISTS (SELECT FROM project_history h WHERE h.project_id = a.project_id AND h.state = ''active'' '
            'AND h.valid_from <= end_of_day(a.snapshot_date) '
            'AND (h.valid_to IS NULL OR h.valid_to > end_of_day(a.snapshot_date)))'
        ELSE
            'EXISTS (SELECT FROM pipeline_forecast_snapshot s '
            'WHERE s.snapshot_date = a.snapshot_date AND s.project_id = a.project_id)'
        END,
        CASE WHEN NOT $3 THEN ''
        WHEN $2 THEN
            ', coalesce(nullif(btrim(CASE WHEN f.horizon IS NULL THEN n.account ELSE f.account END), ''''), ''(none)'') AS account'
            ', coalesce(nullif(btrim(CASE WHEN f.horizon IS NULL THEN n.category ELSE f.category END), ''''), ''(none)'') AS category'
        ELSE
            ', coalesce(n.account, ''(none)'') AS account, coalesce(n.category, ''(none)'') AS category'
        END,
        CASE WHEN $3 THEN
            'LEFT JOIN noted n ON n.project_id = coalesce(f.project_id, a.project_id) '
            'AND n.first_day <= coalesce(f.snapshot_date, a.snapshot_date) AND n.end_day > coalesce(f.snapshot_date, a.snapshot_date)'
        END)
$$;
COMMENT ON FUNCTION pipeline_internal.backtest_cells(date[], boolean, boolean) IS
    'The query for the cells of a backtest: for each horizon, month and project what was forecast, beside what was invoiced; from CTE origin, and CTE noted where segments are wanted. $4: the least amount that counts; $5, $6: the first and last month.';
