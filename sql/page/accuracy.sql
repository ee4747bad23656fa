-- How good former forecasts were, for the page: the months of vw_forecast_accuracy summed by horizon.

CREATE FUNCTION pipeline_work.forecast_accuracy_document(
    account text DEFAULT NULL,
    category text DEFAULT NULL,
    months_back integer DEFAULT 12
) RETURNS json
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
SET timezone = 'UTC'
AS $$
DECLARE
    wanted_account text := wanted_text(account);
    wanted_category text := wanted_text(category);
    wanted_segment text := CASE WHEN wanted_account IS NOT NULL THEN 'account' WHEN wanted_category IS NOT NULL THEN 'category' ELSE 'total' END;
    wanted_value text := coalesce(wanted_account, wanted_category, '(all)');
    oldest_month date;
BEGIN
    PERFORM require_layout();
    IF num_nonnulls(wanted_account, wanted_category) > 1 THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = 'accuracy is kept by account or by category, not by both',
            HINT = 'Name one of the two, or none for all projects.';
    END IF;
    IF months_back IS NULL OR months_back NOT BETWEEN 1 AND 24 THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('months_back must be between 1 and 24, not %s', coalesce(months_back::text, 'NULL')),
            HINT = 'It is the number of complete months to look at.';
    END IF;
    oldest_month := (pipeline_forecast_month(pipeline_today()) - make_interval(months => months_back))::date;
    RETURN (
        SELECT json_build_object(
            'segment', wanted_segment,
            'segment_value', wanted_value,
            'refreshed_at', timezone('UTC', max(f.refreshed_at)),
            'first_month', min(f.first_month),
            'last_month', max(f.last_month),
            'horizons', coalesce(json_agg(json_build_object(
                'horizon', f.horizon,
                'month_count', f.month_count,
                'actual_value', f.actual_value,
                'expected_value', f.expected_value,
                'wape', pipeline_wape(f.absolute_error, f.actual_value),
                'monthly_wape', pipeline_wape(f.monthly_error, f.actual_value),
                'bias', pipeline_bias(f.expected_value, f.actual_value),
                'project_coverage', pipeline_share(f.in_band_count, f.forecast_count),
                'month_coverage', pipeline_share(f.months_in_band, f.month_count),
                'match_rate', pipeline_share(f.matched_count, f.actual_count),
                'skill', f.skill,
                'skill_against_mean', f.skill_against_mean) ORDER BY f.horizon), '[]'))
        FROM (
            SELECT
                a.horizon, count(*) AS month_count, min(a.forecast_month) AS first_month, max(a.forecast_month) AS last_month,
                max(a.refreshed_at) AS refreshed_at, sum(a.actual_value) AS actual_value, sum(a.expected_value) AS expected_value,
                sum(a.absolute_error) AS absolute_error, sum(a.monthly_error) AS monthly_error,
                sum(a.in_band_count)::bigint AS in_band_count, sum(a.forecast_count)::bigint AS forecast_count,
                sum(a.months_in_band)::bigint AS months_in_band, sum(a.matched_count)::bigint AS matched_count,
                sum(a.actual_count)::bigint AS actual_count,
                pipeline_skill(sum(a.monthly_error) FILTER (WHERE a.naive_mean IS NOT NULL),
                               sum(abs(a.naive_mean - a.actual_value))) AS skill_against_mean,
                -- Against the best of the naive lines, each compared in the months in which there is one.
                least(
                    pipeline_skill(sum(a.monthly_error) FILTER (WHERE a.naive_last_month IS NOT NULL),
                                               sum(abs(a.naive_last_month - a.actual_value))),
                    pipeline_skill(sum(a.monthly_error) FILTER (WHERE a.naive_last_year IS NOT NULL),
                                               sum(abs(a.naive_last_year - a.actual_value))),
                    pipeline_skill(sum(a.monthly_error) FILTER (WHERE a.naive_mean IS NOT NULL),
                                               sum(abs(a.naive_mean - a.actual_value)))) AS skill
            FROM vw_forecast_accuracy a
            WHERE a.segment = wanted_segment AND a.segment_value = wanted_value AND a.forecast_month >= oldest_month
              AND a.project_count > 0
            GROUP BY a.horizon
            -- Where nothing was invoiced, no forecast can be judged.
            HAVING sum(a.actual_value) > 0
        ) f);
END;
$$;
COMMENT ON FUNCTION pipeline_work.forecast_accuracy_document(text, text, integer) IS
    'How good the forecasts of the last complete months (12, at most 24) were, by horizon, as a JSON document: of all projects, of an account or of a category, as of the last refresh of mv_forecast_accuracy. Error 22023 for both at once or months_back out of range.';
