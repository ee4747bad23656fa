-- What a backtest says, in words: recommendations as rows, and a report in Markdown.

CREATE FUNCTION pipeline_internal.money_text(amount numeric) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$ SELECT coalesce(to_char($1, 'FM999,999,999,999,990.00'), 'n/a') $$;
COMMENT ON FUNCTION pipeline_internal.money_text(numeric) IS '1,234.56, or n/a where unknown.';

CREATE FUNCTION pipeline_internal.share_text(share numeric) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$ SELECT coalesce(to_char($1 * 100, 'FM999,999,990.00') || ' %', 'n/a') $$;
COMMENT ON FUNCTION pipeline_internal.share_text(numeric) IS 'A share as 12.34 %, or n/a where unknown.';

CREATE FUNCTION pipeline_internal.count_text(number numeric) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$ SELECT coalesce(to_char($1, 'FM999,999,999,999,990'), 'n/a') $$;
COMMENT ON FUNCTION pipeline_internal.count_text(numeric) IS '1,234, or n/a where unknown.';

CREATE FUNCTION pipeline_internal.backtest_findings(rows forecast_backtest_row[], snapshot_lag_days integer)
RETURNS TABLE(horizon integer, finding text, value numeric, threshold numeric, recommendation text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    WITH figure AS (
        SELECT r.*, r.horizon = min(r.horizon) OVER () AS is_nearest
        FROM unnest($1) AS r
        WHERE r.segment = 'total' AND r.forecast_month IS NULL
    ),
    -- How much older than asked for the snapshots of a horizon were.
    gap AS (
        SELECT r.horizon,
               max((r.forecast_month - make_interval(months => r.horizon - 1))::date - $2 - r.snapshot_date) AS days
        FROM unnest($1) AS r
        WHERE r.segment = 'total' AND r.forecast_month IS NOT NULL
        GROUP BY r.horizon
    ),
    found AS (
        SELECT f.horizon, c.position, c.finding, c.value, c.threshold, c.recommendation
        FROM figure f
        JOIN gap g ON g.horizon = f.horizon
        CROSS JOIN LATERAL (VALUES
            (1, 'nothing_invoiced', f.is_nearest AND f.actual_count = 0, 0::numeric, NULL::numeric,
             'nothing was invoiced in these months, so there is nothing to compare with: fill invoice_date and amount_invoiced of subitems, or the invoice dates and total of projects'),
            (2, 'bands_out_of_order', f.out_of_order_count > 0, f.out_of_order_count::numeric, 0,
             'bands are out of order (worst > expected or expected > best): call validate_pipeline_forecast()'),
            -- Five of six are no evidence of anything: a share of fewer than 20 says nothing.
            (3, 'project_bands_too_narrow', f.actual_count > 0 AND f.forecast_count >= 20 AND f.project_coverage < 0.70,
             f.project_coverage, 0.70,
             'bands of single projects are too narrow: widen default_spread in pipeline_stage; where projects are invoiced whole or not at all no such band can hold, and those of months are what to read'),
            (4, 'project_bands_too_wide', f.actual_count > 0 AND f.forecast_count >= 20 AND f.project_coverage > 0.95,
             f.project_coverage, 0.95,
             'bands of single projects are too wide: narrow default_spread in pipeline_stage'),
            (5, 'month_bands_too_narrow', f.month_count >= 20 AND f.month_coverage < 0.70, f.month_coverage, 0.70,
             'bands of months are too narrow: what is invoiced leaves them too often'),
            (6, 'month_bands_too_wide', f.month_count >= 20 AND f.month_coverage > 0.95, f.month_coverage, 0.95,
             'bands of months are too wide: what is invoiced never leaves them'),
            (7, 'forecast_too_high', f.bias > 0.10, f.bias, 0.10,
             'the forecast is too high: lower the probabilities of open stages, or move dates that are overdue'),
            (8, 'forecast_too_low', f.bias < -0.10, f.bias, -0.10,
             'the forecast is too low: raise the probabilities of open stages, or look for projects that are entered late'),
            (9, 'match_rate_low', f.is_nearest AND f.match_rate < 0.90, f.match_rate, 0.90,
             format('check the snapshot job: of %s invoiced project-months %s had no forecast for that month; %s of these had one for another month, %s belong to projects that were in no forecast, with %s of the money',
                    count_text(f.actual_count), count_text(f.actual_count - f.matched_count),
                    count_text(f.other_month_count),
                    count_text(f.actual_count - f.matched_count - f.other_month_count),
                    share_text(f.unforeseen_value / nullif(f.actual_value, 0)))),
            (10, 'snapshots_missing', g.days > 7, g.days::numeric, 7,
             'snapshots are missing: the newest one before a month was days older than it should be')
        ) AS c (position, finding, applies, value, threshold, recommendation)
        WHERE c.applies
    )
    SELECT f.horizon, f.finding, f.value, f.threshold, f.recommendation
    FROM (
        SELECT * FROM found
        UNION ALL
        SELECT NULL, 0, 'nothing_to_test', NULL, NULL,
               'no snapshot is old enough to be compared with a complete month: let the daily snapshot run, or test history with replay => true'
        WHERE NOT EXISTS (SELECT FROM figure)
        UNION ALL
        SELECT NULL, 11, 'nothing_to_change', NULL, NULL, 'nothing to change'
        WHERE EXISTS (SELECT FROM figure) AND NOT EXISTS (SELECT FROM found)
    ) f
    ORDER BY f.position, f.horizon
$$;
COMMENT ON FUNCTION pipeline_internal.backtest_findings(forecast_backtest_row[], integer) IS
    'The recommendations that follow from the rows of a backtest.';

CREATE FUNCTION pipeline.forecast_backtest_recommendations(
    months_back integer DEFAULT 6,
    snapshot_lag_days integer DEFAULT 1,
    minimum_actual numeric DEFAULT 1.0,
    replay boolean DEFAULT false,
    last_month date DEFAULT NULL
) RETURNS TABLE(horizon integer, finding text, value numeric, threshold numeric, recommendation text)
LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
    SELECT f.*
    FROM (SELECT array_agg(b) AS rows FROM backtest_rows($1, $2, $3, $4, $5, false) b) backtest
    CROSS JOIN LATERAL backtest_findings(backtest.rows, $2) f
$$;
COMMENT ON FUNCTION pipeline.forecast_backtest_recommendations(integer, integer, numeric, boolean, date) IS
    'What forecast_backtest() suggests to change, by horizon: the finding, its value and the threshold that it crossed. One row nothing_to_change where nothing did, one row nothing_to_test where no snapshot is old enough.';

-- Markdown table rows from cells.
CREATE FUNCTION pipeline_internal.markdown_row(VARIADIC cells text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$ SELECT '| ' || array_to_string($1, ' | ') || E' |\n' $$;
COMMENT ON FUNCTION pipeline_internal.markdown_row(text[]) IS 'A row of a Markdown table.';

-- What a recommendation is based on; horizons one after the other with the same value are told together.
CREATE FUNCTION pipeline_internal.horizons_text(horizons integer[], texts text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT string_agg(CASE WHEN r.first = r.last THEN format('horizon %s: %s', r.first, r.text)
                           ELSE format('horizons %s to %s: %s', r.first, r.last, r.text) END, ', ' ORDER BY r.first)
    FROM (
        SELECT min(n.horizon) AS first, max(n.horizon) AS last, n.text
        FROM (
            SELECT t.horizon, t.text, t.horizon - row_number() OVER (PARTITION BY t.text ORDER BY t.horizon) AS run
            FROM unnest($1, $2) AS t (horizon, text)
        ) n
        GROUP BY n.text, n.run
    ) r
$$;
COMMENT ON FUNCTION pipeline_internal.horizons_text(integer[], text[]) IS
    'Texts of horizons, runs of equal ones together: horizon 1: 5.00 %, horizons 2 to 4: 7.00 %.';

CREATE FUNCTION pipeline_internal.backtest_markdown(
    rows forecast_backtest_row[],
    snapshot_lag_days integer,
    minimum_actual numeric
) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    nearest forecast_backtest_row;
    report text := E'# Forecast backtest\n\n';
    months text;
BEGIN
    SELECT r.* INTO nearest
    FROM unnest(rows) AS r WHERE r.segment = 'total' AND r.forecast_month IS NULL ORDER BY r.horizon LIMIT 1;
    SELECT to_char(min(r.forecast_month)::timestamp, 'Mon YYYY')
           || CASE WHEN min(r.forecast_month) < max(r.forecast_month)
                   THEN ' to ' || to_char(max(r.forecast_month)::timestamp, 'Mon YYYY') ELSE '' END INTO months
    FROM unnest(rows) AS r WHERE r.segment = 'total';

    IF nearest.horizon IS NOT NULL THEN
        report := report || format(
            E'%s against what was invoiced, %s. At horizon 1 a forecast was made at least %s %s before its month began, at horizon 2 a month earlier, and so on. Less than %s invoiced to a project in a month counts as nothing.%s\n\n',
            CASE nearest.source WHEN 'history' THEN 'Forecasts replayed from history' ELSE 'Forecasts of stored snapshots' END,
            months, snapshot_lag_days, CASE snapshot_lag_days WHEN 1 THEN 'day' ELSE 'days' END,
            money_text(minimum_actual), ' All amounts are in ' || pipeline_currency() || '.')
        || format(E'## Summary, horizon %s\n\n', nearest.horizon)
        || markdown_row('Figure', 'Value') || E'|---|---:|\n'
        || markdown_row('Months tested', nearest.month_count::text)
        || markdown_row('Projects forecast or invoiced', count_text(nearest.project_count))
        || markdown_row('Invoiced', money_text(nearest.actual_value))
        || markdown_row('Invoiced to projects that were in no forecast', money_text(nearest.unforeseen_value))
        || markdown_row('Expected', money_text(nearest.expected_value))
        || markdown_row('Committed', money_text(nearest.committed_value))
        || markdown_row('Bias', share_text(nearest.bias))
        || markdown_row('WAPE of months', share_text(nearest.monthly_wape))
        || markdown_row('WAPE of projects', share_text(nearest.wape))
        || markdown_row('WAPE of projects, committed alone', share_text(nearest.committed_wape))
        || markdown_row('Bands that held, months', share_text(nearest.month_coverage))
        || markdown_row('Bands that held, projects', share_text(nearest.project_coverage))
        || markdown_row('Match rate', share_text(nearest.match_rate))
        || markdown_row('False alarms', count_text(nearest.false_alarm_count))
        || markdown_row('Invoiced in another month than forecast', count_text(nearest.other_month_count))
        || markdown_row('Skill against last month', share_text(nearest.skill_last_month))
        || markdown_row('Skill against the same month last year', share_text(nearest.skill_last_year))
        || markdown_row('Skill against the 12-month mean', share_text(nearest.skill_mean))
        || E'\nWAPE is the sum of all errors, whatever their sign, divided by what was invoiced. Skill is 1 less the error of the forecast divided by the error of the naive line: above 0 the forecast is better.\n\n';
    END IF;

    report := report || E'## Recommendations\n\n' || (
        SELECT string_agg(line, '' ORDER BY position)
        FROM (
            SELECT min(f.ordinality) AS position,
                   '- ' || upper(left(f.recommendation, 1)) || substr(f.recommendation, 2)
                   || CASE WHEN bool_and(f.value IS NULL) OR f.finding IN ('nothing_invoiced', 'match_rate_low') THEN ''
                      ELSE format(' (%s)', horizons_text(array_agg(f.horizon), array_agg(
                          CASE WHEN f.finding IN ('bands_out_of_order', 'snapshots_missing')
                               THEN count_text(f.value) ELSE share_text(f.value) END))) END
                   || E'.\n' AS line
            FROM backtest_findings(rows, snapshot_lag_days) WITH ORDINALITY f
            GROUP BY f.finding, f.recommendation
        ) lines);
    IF nearest.horizon IS NULL THEN
        RETURN report;
    END IF;

    report := report || format(E'\n## Months, horizon %s\n\n', nearest.horizon)
        || markdown_row('Month', 'Projects', 'Invoiced', 'Expected', 'Committed', 'Worst case', 'Best case', 'Bias')
        || E'|---|---:|---:|---:|---:|---:|---:|---:|\n' || (
        SELECT string_agg(markdown_row(
            coalesce(to_char(r.forecast_month::timestamp, 'Mon YYYY'), 'Total'),
            count_text(r.project_count), money_text(r.actual_value),
            money_text(r.expected_value), money_text(r.committed_value),
            money_text(r.worst_case_value), money_text(r.best_case_value),
            share_text(r.bias)), '' ORDER BY r.forecast_month NULLS LAST)
        FROM unnest(rows) AS r WHERE r.segment = 'total' AND r.horizon = nearest.horizon);

    report := report || format(E'\n## Naive lines, horizon %s\n\n', nearest.horizon)
        || E'What repetition alone would have said as early: the newest month known by then, the same month a year before, the mean of 12 months.\n\n'
        || markdown_row('Month', 'Invoiced', 'Expected', 'Last month', 'Same month last year', '12-month mean')
        || E'|---|---:|---:|---:|---:|---:|\n' || (
        SELECT string_agg(markdown_row(
            to_char(r.forecast_month::timestamp, 'Mon YYYY'), money_text(r.actual_value),
            money_text(r.expected_value), money_text(r.naive_last_month),
            money_text(r.naive_last_year), money_text(r.naive_mean)), '' ORDER BY r.forecast_month)
        FROM unnest(rows) AS r
        WHERE r.segment = 'total' AND r.horizon = nearest.horizon AND r.forecast_month IS NOT NULL);

    -- Two tables: as one it is wider than a page.
    RETURN report || E'\n## Horizons\n\n'
        || markdown_row('Horizon', 'Months', 'Invoiced', 'In no forecast', 'Expected', 'Bias', 'Match rate')
        || E'|---:|---:|---:|---:|---:|---:|---:|\n' || (
        SELECT string_agg(markdown_row(
            r.horizon::text, r.month_count::text, money_text(r.actual_value),
            money_text(r.unforeseen_value), money_text(r.expected_value),
            share_text(r.bias), share_text(r.match_rate)), '' ORDER BY r.horizon)
        FROM unnest(rows) AS r WHERE r.segment = 'total' AND r.forecast_month IS NULL)
        || E'\n'
        || markdown_row('Horizon', 'WAPE months', 'WAPE projects', 'WAPE committed', 'Bands months', 'Bands projects',
            'Skill last month', 'Skill last year', 'Skill mean')
        || E'|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n' || (
        SELECT string_agg(markdown_row(
            r.horizon::text, share_text(r.monthly_wape), share_text(r.wape),
            share_text(r.committed_wape), share_text(r.month_coverage),
            share_text(r.project_coverage), share_text(r.skill_last_month),
            share_text(r.skill_last_year), share_text(r.skill_mean)), '' ORDER BY r.horizon)
        FROM unnest(rows) AS r WHERE r.segment = 'total' AND r.forecast_month IS NULL);
END;
$$;
COMMENT ON FUNCTION pipeline_internal.backtest_markdown(forecast_backtest_row[], integer, numeric) IS
    'The report of a backtest from its rows.';

CREATE FUNCTION pipeline.forecast_backtest_report(
    months_back integer DEFAULT 6,
    snapshot_lag_days integer DEFAULT 1,
    minimum_actual numeric DEFAULT 1.0,
    replay boolean DEFAULT false,
    last_month date DEFAULT NULL
) RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
    SELECT backtest_markdown(array_agg(b), $2, $3)
    FROM backtest_rows($1, $2, $3, $4, $5, false) b
$$;
COMMENT ON FUNCTION pipeline.forecast_backtest_report(integer, integer, numeric, boolean, date) IS
    'forecast_backtest() as a report in Markdown: summary, recommendations, a line per month, a line per horizon. Says what is missing where there is nothing to test.';
