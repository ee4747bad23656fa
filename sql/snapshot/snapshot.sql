-- Daily snapshots: what was forecast on a day, kept for good.


CREATE FUNCTION pipeline_internal.history_begins() RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    -- History imported for times before the setup counts as well.
    SELECT least((SELECT min(applied_at) FROM pipeline_schema_version),
                 (SELECT min(valid_from) FROM project_history))
$$;
COMMENT ON FUNCTION pipeline_internal.history_begins() IS
    'The moment from which on history is complete.';

-- Reads by the shortest way: the present straight from the formula's inputs, all values in one call (OFFSET 0 keeps the
-- planner from repeating that call for each of them); a past day from history.
CREATE FUNCTION pipeline_internal.snapshot_query(day date, origin text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT format(CASE WHEN $2 = 'history' THEN $sql$
        SELECT project_id, forecast_month, stage_bucket, contract_value, probability, committed_value,
               expected_value, best_case_value, worst_case_value, analysis_timestamp, %2$L::text AS source, origin
        FROM forecast_with_origin_as_of(end_of_day(%1$L))
        WHERE forecast_date >= pipeline_window_start(%1$L)
          AND forecast_date < pipeline_window_end(%1$L)
        $sql$ ELSE $sql$
        SELECT project_id, forecast_month, stage_bucket, (forecast).contract_value, (forecast).probability,
               (forecast).committed_value, (forecast).expected_value, (forecast).best_case_value,
               (forecast).worst_case_value, analysis_timestamp, %2$L::text AS source,
               'observed' AS origin
        FROM (
            SELECT i.project_id, i.stage_bucket, i.analysis_timestamp,
                   pipeline_forecast_month(coalesce(i.stated_date, i.estimated_date)) AS forecast_month,
                   pipeline_forecast_values(
                       i.stage_bucket, i.total_order_value, i.new_enquiry_value,
                       pipeline_model_rate(i.expected_conversion_rate, i.conversion_confidence, i.probability_percent, %3$L),
                       i.probability_percent, i.default_probability,
                       i.conversion_confidence, i.default_spread) AS forecast
            FROM forecast_input i
            -- As two cases, so that a stated date outside the window leaves the project out before anything is joined.
            WHERE (i.stated_date >= pipeline_window_start(%1$L)
                   AND i.stated_date < pipeline_window_end(%1$L))
               OR (i.stated_date IS NULL
                   AND i.estimated_date >= pipeline_window_start(%1$L)
                   AND i.estimated_date < pipeline_window_end(%1$L))
            OFFSET 0
        ) f
        $sql$ END,
        -- In the one form that is read alike whatever the session's DateStyle is.
        to_char($1, 'YYYY-MM-DD'), $2, model_confidence_minimum())
$$;
COMMENT ON FUNCTION pipeline_internal.snapshot_query(date, text) IS
    'The query for the rows of a snapshot; origin is live, history or current_state.';


-- Reads the view for reports, so that their readers may call it. Costly, so that no plan asks it row by row: an index
-- or a partition is chosen by one call.
CREATE FUNCTION pipeline_internal.latest_snapshot_date() RETURNS date
LANGUAGE plpgsql STABLE PARALLEL SAFE
COST 10000
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN (SELECT max(d.snapshot_date) FROM vw_dim_snapshot_date d);
END;
$$;
COMMENT ON FUNCTION pipeline_internal.latest_snapshot_date() IS 'The day of the newest snapshot.';
