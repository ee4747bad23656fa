-- The project forecast as it was at a moment: the versions that were valid then, the stage rules of then, and the
-- same formula. Bound to the tables when it is made, like a view, so that filters on it reach them.
CREATE OR REPLACE FUNCTION @extschema@.pipeline_forecast_as_of(as_of timestamptz)
RETURNS SETOF @extschema@.vw_pipeline_forecast_project_v1
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT
    i.project_uuid,
    i.project_id,
    i.item_name,
    coalesce(nullif(i.project_name, ''), i.item_name),
    i.account,
    i.type,
    i.category,
    i.product_type,
    i.pipeline_stage,
    i.stage_bucket,
    @extschema@.pipeline_contract_value(i.total_order_value, i.new_enquiry_value)::numeric(12,2),
    i.total_order_value,
    i.new_enquiry_value,
    i.date_created,
    @extschema@.pipeline_probability(
        i.stage_bucket, i.expected_conversion_rate, i.probability_percent, i.default_probability
    )::numeric(6,5),
    i.forecast_date,
    @extschema@.pipeline_forecast_month(i.forecast_date),
    @extschema@.pipeline_forecast_date_source(
        i.date_order_received, i.expected_start_date, i.follow_up_date, i.date_created, i.expected_gestation_days
    ),
    i.analysis_timestamp,
    i.expected_gestation_days,
    i.expected_conversion_rate,
    i.conversion_confidence,
    i.probability_percent,
    @extschema@.pipeline_committed_value(
        i.stage_bucket, i.total_order_value, i.new_enquiry_value
    )::numeric(12,2),
    @extschema@.pipeline_expected_value(
        i.stage_bucket, i.total_order_value, i.new_enquiry_value,
        i.expected_conversion_rate, i.probability_percent, i.default_probability
    )::numeric(12,2),
    @extschema@.pipeline_best_case_value(
        i.stage_bucket, i.total_order_value, i.new_enquiry_value,
        i.expected_conversion_rate, i.probability_percent, i.default_probability,
        i.conversion_confidence, i.default_spread
    )::numeric(12,2),
    @extschema@.pipeline_worst_case_value(
        i.stage_bucket, i.total_order_value, i.new_enquiry_value,
        i.expected_conversion_rate, i.probability_percent, i.default_probability,
        i.conversion_confidence, i.default_spread
    )::numeric(12,2),
    @extschema@.pipeline_best_case_probability(
        i.stage_bucket, i.expected_conversion_rate, i.probability_percent, i.default_probability,
        i.conversion_confidence, i.default_spread
    )::numeric(6,5),
    @extschema@.pipeline_worst_case_probability(
        i.stage_bucket, i.expected_conversion_rate, i.probability_percent, i.default_probability,
        i.conversion_confidence, i.default_spread
    )::numeric(6,5),
    @extschema@.pipeline_probability_spread(i.conversion_confidence, i.default_spread)::numeric(6,5),
    @extschema@.pipeline_probability_source(
        i.stage_bucket, i.expected_conversion_rate, i.probability_percent, i.default_probability
    )
FROM (
    SELECT
        p.*,
        @extschema@.pipeline_forecast_date(
            p.date_order_received, p.expected_start_date, p.follow_up_date, p.date_created,
            a.expected_gestation_days, timezone('UTC', as_of)::date) AS forecast_date,
        CASE WHEN s.stage IS NULL THEN any_other.stage_bucket ELSE s.stage_bucket END AS stage_bucket,
        CASE WHEN s.stage IS NULL THEN any_other.default_probability ELSE s.default_probability END
            AS default_probability,
        CASE WHEN s.stage IS NULL THEN any_other.default_spread ELSE s.default_spread END AS default_spread,
        a.analysis_timestamp,
        a.expected_gestation_days,
        a.expected_conversion_rate,
        a.conversion_confidence
    FROM @extschema@.project_history p
    LEFT JOIN @extschema@.pipeline_stage_history s
        ON s.stage = p.pipeline_stage
        AND s.valid_from <= as_of AND (s.valid_to > as_of OR s.valid_to IS NULL)
    LEFT JOIN @extschema@.pipeline_stage_history any_other
        ON any_other.stage = '(any other)'
        AND any_other.valid_from <= as_of AND (any_other.valid_to > as_of OR any_other.valid_to IS NULL)
    LEFT JOIN @extschema@.analysis_history a
        ON a.project_id = p.project_id
        AND a.valid_from <= as_of AND (a.valid_to > as_of OR a.valid_to IS NULL)
    WHERE p.valid_from <= as_of AND (p.valid_to > as_of OR p.valid_to IS NULL)
      AND p.state = 'active'
) i;
END;

COMMENT ON FUNCTION @extschema@.pipeline_forecast_as_of(timestamptz) IS
    'The rows of vw_pipeline_forecast_project_v1 as they were at the given moment, from history. Empty before history begins.';
