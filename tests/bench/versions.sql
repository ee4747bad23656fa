-- Gives every project and every analysis bench.versions versions: the current one and older ones, a month apart,
-- that differ in what people change most. Runs once, over a history that holds the current versions only.
INSERT INTO project_history (
    project_id, valid_from, valid_to, project_uuid, item_name, project_name, account, type, category, product_type,
    pipeline_stage, total_order_value, new_enquiry_value, probability_percent, gestation_period, date_created,
    date_order_received, expected_start_date, follow_up_date, state)
SELECT
    h.project_id,
    date_trunc('hour', h.valid_from) - make_interval(days => 30 * age),
    CASE WHEN age = 1 THEN h.valid_from ELSE date_trunc('hour', h.valid_from) - make_interval(days => 30 * (age - 1)) END,
    h.project_uuid, h.item_name, h.project_name, h.account, h.type, h.category, h.product_type,
    h.pipeline_stage, h.total_order_value, h.new_enquiry_value + age, (age * 10)::numeric, h.gestation_period,
    h.date_created, h.date_order_received, h.expected_start_date, h.follow_up_date - age, h.state
FROM generate_series(current_setting('bench.versions')::integer - 1, 1, -1) AS age
CROSS JOIN project_history h;

INSERT INTO analysis_history (
    project_id, valid_from, valid_to, expected_gestation_days, gestation_confidence, expected_conversion_rate,
    conversion_confidence, rating_score, analysis_timestamp, reasoning, llm_status, analysis_version, input_hash)
SELECT
    h.project_id,
    date_trunc('hour', h.valid_from) - make_interval(days => 30 * age),
    CASE WHEN age = 1 THEN h.valid_from ELSE date_trunc('hour', h.valid_from) - make_interval(days => 30 * (age - 1)) END,
    h.expected_gestation_days + age, h.gestation_confidence, h.expected_conversion_rate, h.conversion_confidence,
    h.rating_score, h.analysis_timestamp - make_interval(days => 30 * age), h.reasoning, h.llm_status,
    h.analysis_version, h.input_hash
FROM generate_series(current_setting('bench.versions')::integer - 1, 1, -1) AS age
CROSS JOIN analysis_history h;
