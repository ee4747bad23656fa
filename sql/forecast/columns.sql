-- The columns of the project forecast, from a row i with the inputs of the formula.
    i.project_uuid,
    i.project_id,
    i.item_name,
    coalesce(nullif(i.project_name, ''), i.item_name) AS project_name,
    @list forecast/project_columns.sql i@,
    i.stage_bucket,
    pipeline_contract_value(i.total_order_value, i.new_enquiry_value)::numeric(16,2) AS contract_value,
    i.total_order_value,
    i.new_enquiry_value,
    i.date_created,
    pipeline_probability(
        i.stage_bucket, i.model_rate, i.probability_percent, i.default_probability
    )::numeric(6,5) AS probability,
    i.forecast_date,
    pipeline_forecast_month(i.forecast_date) AS forecast_month,
    pipeline_forecast_date_source(
        i.date_order_received, i.expected_start_date, i.follow_up_date, i.date_created, i.expected_gestation_days
    ) AS forecast_date_source,
    i.analysis_timestamp,
    i.expected_gestation_days,
    i.expected_conversion_rate,
    i.conversion_confidence,
    i.probability_percent,
    pipeline_committed_value(
        i.stage_bucket, i.total_order_value, i.new_enquiry_value
    )::numeric(16,2) AS committed_value,
    pipeline_expected_value(
        i.stage_bucket, i.total_order_value, i.new_enquiry_value,
        i.model_rate, i.probability_percent, i.default_probability
    )::numeric(16,2) AS expected_value,
    pipeline_best_case_value(
        i.stage_bucket, i.total_order_value, i.new_enquiry_value,
        i.model_rate, i.probability_percent, i.default_probability,
        i.conversion_confidence, i.default_spread
    )::numeric(16,2) AS best_case_value,
    pipeline_worst_case_value(
        i.stage_bucket, i.total_order_value, i.new_enquiry_value,
        i.model_rate, i.probability_percent, i.default_probability,
        i.conversion_confidence, i.default_spread
    )::numeric(16,2) AS worst_case_value,
    pipeline_best_case_probability(
        i.stage_bucket, i.model_rate, i.probability_percent, i.default_probability,
        i.conversion_confidence, i.default_spread
    )::numeric(6,5) AS best_case_probability,
    pipeline_worst_case_probability(
        i.stage_bucket, i.model_rate, i.probability_percent, i.default_probability,
        i.conversion_confidence, i.default_spread
    )::numeric(6,5) AS worst_case_probability,
    pipeline_probability_spread(i.conversion_confidence, i.default_spread)::numeric(6,5)
        AS probability_spread,
    pipeline_probability_source(
        i.stage_bucket, i.model_rate, i.probability_percent, i.default_probability
    ) AS probability_source
