-- What the page shows of the forecast, one JSON document for each of its requests. Without a filter they come from what
-- is summed already (the materialized months, snapshots); with one, from the projects that pass it. Money leaves as the
-- exact numeric it is.

CREATE FUNCTION pipeline_internal.wanted_text(given text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN nullif(btrim(given), '');
COMMENT ON FUNCTION pipeline_internal.wanted_text(text) IS
    'What a filter asks for: without blanks around it; NULL, which is any, for a blank one.';

-- Most texts have no blanks around them: these are looked up, and counted on by the planner, as they stand. One that is
-- equal but for blanks begins in the same way or with a blank, both of which an index of texts finds.
CREATE FUNCTION pipeline_internal.is_wanted(given text, wanted text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN given = wanted OR (given ^@ wanted OR given ^@ ' ') AND btrim(given) = wanted;
COMMENT ON FUNCTION pipeline_internal.is_wanted(text, text) IS
    'Whether a text is the wanted one, which has no blanks around it, without regard to its own.';

CREATE FUNCTION pipeline_internal.passes_filter(
    account text, type text, category text, wanted_account text, wanted_type text, wanted_category text
) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (wanted_account IS NULL OR is_wanted(account, wanted_account))
    AND (wanted_type IS NULL OR is_wanted(type, wanted_type))
    AND (wanted_category IS NULL OR is_wanted(category, wanted_category));
COMMENT ON FUNCTION pipeline_internal.passes_filter(text, text, text, text, text, text) IS
    'Whether a project is of the wanted account, type and category, without regard to blanks around them; NULL is any.';

CREATE FUNCTION pipeline_work.forecast_months_document(
    account text DEFAULT NULL,
    type text DEFAULT NULL,
    category text DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
SET timezone = 'UTC'
SET jit = off
-- Whether there is a filter decides which branch is read at all.
SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
    wanted_account text := wanted_text(account);
    wanted_type text := wanted_text(type);
    wanted_category text := wanted_text(category);
    is_filtered boolean := num_nonnulls(wanted_account, wanted_type, wanted_category) > 0;
    first_month date := pipeline_window_start(pipeline_today());
    end_month date := pipeline_window_end(pipeline_today());
    oldest_month date := (first_month - interval '6 months')::date;
    earlier_day date;
BEGIN
    PERFORM require_layout();
    -- The forecast of a month ago; while there is none that old, the oldest one.
    SELECT coalesce(
        max(d.snapshot_date) FILTER (WHERE d.snapshot_date <= pipeline_today() - interval '1 month'),
        min(d.snapshot_date))
    INTO earlier_day
    FROM pipeline_forecast_snapshot_day d
    WHERE d.snapshot_date < pipeline_today();

    RETURN (
        WITH wanted AS MATERIALIZED (
            SELECT d.project_id FROM vw_dim_project d
            WHERE is_filtered
              AND passes_filter(d.account, d.type, d.category, wanted_account, wanted_type, wanted_category)
        ), figure AS MATERIALIZED (
            SELECT m.forecast_month, m.stage_bucket, m.project_count, m.contract_value, m.committed_value,
                   m.expected_value, m.best_case_value, m.worst_case_value
            FROM vw_pipeline_forecast_monthly_12m_v1 m
            WHERE NOT is_filtered
            UNION ALL
            SELECT p.forecast_month, p.stage_bucket, count(*), sum(p.contract_value), sum(p.committed_value),
                   sum(p.expected_value), sum(p.best_case_value), sum(p.worst_case_value)
            FROM vw_pipeline_forecast_project_v1 p
            WHERE is_filtered AND p.forecast_date >= first_month AND p.forecast_date < end_month
              AND passes_filter(p.account, p.type, p.category, wanted_account, wanted_type, wanted_category)
            GROUP BY 1, 2
        ), earlier AS MATERIALIZED (
            SELECT s.forecast_month, sum(s.expected_value) AS expected_value
            FROM pipeline_forecast_snapshot s
            LEFT JOIN wanted w ON w.project_id = s.project_id
            WHERE s.snapshot_date = earlier_day AND (NOT is_filtered OR w.project_id IS NOT NULL)
            GROUP BY 1
        ), actual AS MATERIALIZED (
            SELECT pipeline_forecast_month(i.invoice_date) AS forecast_month, sum(i.amount_invoiced) AS amount
            FROM vw_invoices i
            LEFT JOIN wanted w ON w.project_id = i.project_id
            WHERE i.invoice_date >= oldest_month AND i.invoice_date < end_month
              AND (NOT is_filtered OR w.project_id IS NOT NULL)
            GROUP BY 1
        ), month AS (
            -- Months that are over are told as far back as something is known of them.
            SELECT g::date AS forecast_month
            FROM generate_series(
                greatest(oldest_month, least(first_month, (SELECT min(a.forecast_month) FROM actual a),
                                             (SELECT min(e.forecast_month) FROM earlier e)))::timestamp,
                end_month - interval '1 month', interval '1 month') AS g
        )
        SELECT json_build_object(
            'as_of', CASE WHEN is_filtered THEN now() ELSE (
                SELECT timezone('UTC', max(m.refreshed_at)) FROM vw_pipeline_forecast_monthly_12m_v1 m) END,
            'filter', json_build_object('account', wanted_account, 'type', wanted_type, 'category', wanted_category),
            'currency', pipeline_currency(),
            'current_month', first_month,
            'earlier_snapshot_date', earlier_day,
            'totals', (
                SELECT json_build_object(
                    'project_count', coalesce(sum(f.project_count), 0),
                    'contract_value', coalesce(sum(f.contract_value), 0.00),
                    'committed_value', coalesce(sum(f.committed_value), 0.00),
                    'expected_value', coalesce(sum(f.expected_value), 0.00),
                    'best_case_value', coalesce(sum(f.best_case_value), 0.00),
                    'worst_case_value', coalesce(sum(f.worst_case_value), 0.00),
                    'lost_project_count', coalesce(sum(f.project_count) FILTER (WHERE f.stage_bucket = 'Lost'), 0),
                    'lost_contract_value', coalesce(sum(f.contract_value) FILTER (WHERE f.stage_bucket = 'Lost'), 0.00))
                FROM figure f),
            'scope', (
                SELECT json_agg(json_build_object(
                    'line', s.line, 'is_in_forecast', s.is_in_forecast, 'project_count', s.project_count,
                    'contract_value', s.contract_value, 'expected_value', s.expected_value, 'open_value', s.open_value,
                    'about', s.about) ORDER BY s.sort_order)
                FROM (
                    SELECT m.sort_order, m.line, m.is_in_forecast, m.project_count, m.contract_value, m.expected_value,
                           m.open_value, m.about
                    FROM mv_forecast_scope m
                    WHERE NOT is_filtered
                    UNION ALL
                    SELECT f.* FROM forecast_scope_of(wanted_account, wanted_type, wanted_category) f WHERE is_filtered
                ) s),
            'quality', forecast_quality_document(),
            'months', (
                SELECT json_agg(json_build_object(
                    'forecast_month', m.forecast_month,
                    'project_count', CASE WHEN ahead THEN coalesce(f.project_count, 0) END,
                    'committed_value', CASE WHEN ahead THEN coalesce(f.committed_value, 0.00) END,
                    'expected_value', CASE WHEN ahead THEN coalesce(f.expected_value, 0.00) END,
                    'best_case_value', CASE WHEN ahead THEN coalesce(f.best_case_value, 0.00) END,
                    'worst_case_value', CASE WHEN ahead THEN coalesce(f.worst_case_value, 0.00) END,
                    'earlier_expected_value', CASE
                        WHEN m.forecast_month >= pipeline_window_start(earlier_day)
                         AND m.forecast_month < pipeline_window_end(earlier_day)
                        THEN coalesce(e.expected_value, 0.00) END,
                    -- A month that is over and in which nothing was invoiced has an actual of nothing, once there are any.
                    'actual_value', coalesce(a.amount, CASE
                        WHEN NOT ahead AND m.forecast_month >= (SELECT min(o.forecast_month) FROM actual o) THEN 0.00 END))
                    ORDER BY m.forecast_month)
                FROM month m
                CROSS JOIN LATERAL (SELECT m.forecast_month >= first_month AS ahead) is_ahead
                LEFT JOIN (
                    SELECT forecast_month, sum(project_count) AS project_count,
                           sum(committed_value) AS committed_value, sum(expected_value) AS expected_value,
                           sum(best_case_value) AS best_case_value, sum(worst_case_value) AS worst_case_value
                    FROM figure
                    GROUP BY 1
                ) f ON f.forecast_month = m.forecast_month
                LEFT JOIN earlier e ON e.forecast_month = m.forecast_month
                LEFT JOIN actual a ON a.forecast_month = m.forecast_month),
            'buckets', (
                SELECT json_agg(json_build_object(
                    'stage_bucket', b.stage_bucket,
                    'project_count', coalesce(f.project_count, 0),
                    'contract_value', coalesce(f.contract_value, 0.00),
                    'committed_value', coalesce(f.committed_value, 0.00),
                    'expected_value', coalesce(f.expected_value, 0.00),
                    'best_case_value', coalesce(f.best_case_value, 0.00),
                    'worst_case_value', coalesce(f.worst_case_value, 0.00)) ORDER BY b.position)
                FROM unnest(ARRAY[@list forecast/buckets.sql@]) WITH ORDINALITY AS b (stage_bucket, position)
                LEFT JOIN (
                    SELECT stage_bucket, sum(project_count) AS project_count, sum(contract_value) AS contract_value,
                           sum(committed_value) AS committed_value, sum(expected_value) AS expected_value,
                           sum(best_case_value) AS best_case_value, sum(worst_case_value) AS worst_case_value
                    FROM figure
                    GROUP BY 1
                ) f ON f.stage_bucket = b.stage_bucket)));
END;
$$;
COMMENT ON FUNCTION pipeline_work.forecast_months_document(text, text, text) IS
    'The 12 months from the current one on as a JSON document: totals (Lost included, and told apart), what lies in and outside of the twelve months (scope), what the forecast rests on (quality, of all projects), months with what the snapshot of a month ago expected and what was invoiced, months that are over as far as something is known of them (at most six), stage buckets. All projects as of the last refresh, or those of an account, type, category as of now.';

CREATE FUNCTION pipeline_work.forecast_filters_document(most integer DEFAULT 500, words text DEFAULT NULL) RETURNS json
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    wanted text := wanted_text(words);
    pattern text := '%' || replace(replace(replace(wanted, E'\\', E'\\\\'), '%', E'\\%'), '_', E'\\_') || '%';
BEGIN
    PERFORM require_layout();
    RETURN (
        SELECT json_object_agg(f.field, f.texts)
        FROM (
            SELECT c.field, coalesce(json_agg(c.text ORDER BY c.text) FILTER (WHERE c.rank <= most), '[]') AS texts
            FROM (
                SELECT v.field, v.text, row_number() OVER (PARTITION BY v.field ORDER BY sum(m.total_projects) DESC, v.text) AS rank
                FROM conversion_metrics m
                CROSS JOIN LATERAL (VALUES ('account', m.account), ('type', m.type), ('category', m.category)) AS v (field, text)
                WHERE v.text IS NOT NULL AND (wanted IS NULL OR v.text ILIKE pattern)
                GROUP BY v.field, v.text
                -- A field without any text is there as well.
                UNION ALL
                SELECT field, NULL, most + 1 FROM unnest(ARRAY['account', 'type', 'category']) AS field
            ) c
            GROUP BY c.field
        ) f);
END;
$$;
COMMENT ON FUNCTION pipeline_work.forecast_filters_document(integer, text) IS
    'What the forecast can be filtered by, as a JSON document: the most frequent accounts, types and categories of the last five years, as of the last refresh; with words, those that contain them, in any case.';

CREATE FUNCTION pipeline_work.forecast_drift_document(
    since date DEFAULT NULL,
    account text DEFAULT NULL,
    type text DEFAULT NULL,
    category text DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
SET jit = off
SET work_mem = '64MB'
AS $$
#variable_conflict use_column
DECLARE
    wanted_account text := wanted_text(account);
    wanted_type text := wanted_text(type);
    wanted_category text := wanted_text(category);
    is_filtered boolean := num_nonnulls(wanted_account, wanted_type, wanted_category) > 0;
    first_day date;
    opening_day date;
    closing_day date;
    bars json;
BEGIN
    PERFORM require_layout();
    SELECT min(d.snapshot_date), max(d.snapshot_date) INTO first_day, closing_day
    FROM pipeline_forecast_snapshot_day d;
    -- Of a day before the first snapshot, the first one; otherwise the newest of that day or before.
    opening_day := greatest(first_day, least(closing_day, coalesce(since, (closing_day - interval '1 month')::date)));
    IF first_day < closing_day THEN
        opening_day := snapshot_on_or_before(opening_day, 'since');
    END IF;
    IF first_day < closing_day THEN
        EXECUTE waterfall_tables(opening_day, closing_day, NULL, wanted_account, wanted_type, wanted_category) || $sql$
            , moved AS MATERIALIZED (
                -- What a project moved from month to month is none of the whole, and yet what is shown of it.
                SELECT c.*, d.project_name,
                       coalesce(c.moved_expected_value, abs(c.expected_value)) AS expected_size,
                       coalesce(c.moved_committed_value, abs(c.committed_value)) AS committed_size
                FROM change c
                LEFT JOIN vw_dim_project d ON d.project_id = c.project_id
            ), figure AS (
                SELECT m.bar, count(*) AS project_count, sum(m.expected_value) AS expected_value,
                       sum(m.committed_value) AS committed_value,
                       count(*) FILTER (WHERE m.expected_size <> 0) AS expected_project_count,
                       count(*) FILTER (WHERE m.committed_size <> 0) AS committed_project_count,
                       sum(m.moved_expected_value) AS moved_expected_value, sum(m.moved_committed_value) AS moved_committed_value,
                       count(*) FILTER (WHERE m.invoiced_value <> 0) AS invoiced_count, sum(m.invoiced_value) AS invoiced_value
                FROM moved m
                GROUP BY m.bar
                UNION ALL
                -- All projects of the snapshot, as everywhere; those without a value too.
                SELECT e.bar, e.project_count, e.expected_value, e.committed_value, e.project_count, e.project_count,
                       NULL, NULL, NULL, NULL
                FROM edge e
            )
            SELECT json_agg(json_build_object(
                'bar', b.bar,
                'project_count', coalesce(f.project_count, 0),
                'expected_value', coalesce(f.expected_value, 0.00),
                'committed_value', coalesce(f.committed_value, 0.00),
                'expected_project_count', coalesce(f.expected_project_count, 0),
                'committed_project_count', coalesce(f.committed_project_count, 0),
                'moved_expected_value', CASE WHEN is_move THEN coalesce(f.moved_expected_value, 0.00) END,
                'moved_committed_value', CASE WHEN is_move THEN coalesce(f.moved_committed_value, 0.00) END,
                'invoiced_count', CASE WHEN b.bar = 'month_ended' THEN coalesce(f.invoiced_count, 0) END,
                'invoiced_value', CASE WHEN b.bar = 'month_ended' THEN coalesce(f.invoiced_value, 0.00) END,
                -- Those that moved most by either value, to look at.
                'projects', coalesce((
                    SELECT json_agg(json_build_object(
                        'project_id', p.project_id, 'project_name', p.project_name, 'expected_value', p.expected_value,
                        'committed_value', p.committed_value, 'moved_expected_value', p.moved_expected_value,
                        'moved_committed_value', p.moved_committed_value, 'invoiced_value', p.invoiced_value)
                        ORDER BY p.expected_size DESC, p.project_id)
                    FROM (
                        (SELECT m.* FROM moved m WHERE m.bar = b.bar AND m.expected_size <> 0
                         ORDER BY m.expected_size DESC, m.project_id LIMIT 5)
                        UNION
                        (SELECT m.* FROM moved m WHERE m.bar = b.bar AND m.committed_size <> 0
                         ORDER BY m.committed_size DESC, m.project_id LIMIT 5)
                    ) p), '[]'))
                ORDER BY b.position)
            FROM unnest(waterfall_bars()) WITH ORDINALITY AS b (bar, position)
            CROSS JOIN LATERAL (SELECT b.bar IN ('moved_earlier', 'moved_later') AS is_move) kind
            LEFT JOIN figure f ON f.bar = b.bar
            WHERE $1 OR b.bar NOT IN ('reassigned_in', 'reassigned_out')
        $sql$ INTO bars USING is_filtered;
    END IF;
    RETURN json_build_object(
        'filter', json_build_object('account', wanted_account, 'type', wanted_type, 'category', wanted_category),
        'currency', pipeline_currency(),
        'first_snapshot_date', first_day,
        'from_snapshot', opening_day,
        'to_snapshot', closing_day,
        'bars', coalesce(bars, '[]'));
END;
$$;
COMMENT ON FUNCTION pipeline_work.forecast_drift_document(date, text, text, text) IS
    'forecast_waterfall() as a JSON document, from the snapshot of a day (default a month before the newest; the first one where there is none that old) to the newest, for all projects or those of an account, type, category, as they were on the two days (a project that changed is reassigned_in or reassigned_out); each bar with the five projects that moved most by expected and by committed value. No bars where there are fewer than two snapshots.';
