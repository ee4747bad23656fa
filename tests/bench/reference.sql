-- The reference: the same rules as plain SQL over the same tables, as one would write them by hand. Nothing in here
-- calls a function of the extension.
CREATE SCHEMA plain;

CREATE VIEW plain.forecast_project AS
SELECT
    v.*,
    CASE WHEN v.stage_bucket = 'Committed' THEN v.contract_value ELSE 0 END::numeric(16,2) AS committed_value,
    round(v.contract_value * v.probability, 2)::numeric(16,2) AS expected_value,
    round(v.contract_value * CASE WHEN v.contract_value < 0 THEN v.worst_case_probability
                                  ELSE v.best_case_probability END, 2)::numeric(16,2) AS best_case_value,
    round(v.contract_value * CASE WHEN v.contract_value < 0 THEN v.best_case_probability
                                  ELSE v.worst_case_probability END, 2)::numeric(16,2) AS worst_case_value
FROM (
    SELECT
        p.*,
        CASE p.stage_bucket
            WHEN 'Open' THEN least(p.probability + p.probability_spread, 1)
            ELSE p.probability END::numeric(6,5) AS best_case_probability,
        CASE p.stage_bucket
            WHEN 'Open' THEN greatest(p.probability - p.probability_spread, 0)
            ELSE p.probability END::numeric(6,5) AS worst_case_probability
    FROM (
        SELECT
            b.*,
            CASE b.stage_bucket
                WHEN 'Lost' THEN 0
                WHEN 'Committed' THEN 1
                ELSE greatest(0, least(1, coalesce(
                    CASE WHEN b.conversion_confidence >= 0.15 THEN b.expected_conversion_rate END,
                    b.probability_percent / 100, b.expected_conversion_rate, b.default_probability)))
            END::numeric(6,5) AS probability,
            CASE
                WHEN b.stage_bucket = 'Lost' THEN 'stage_lost'
                WHEN b.stage_bucket = 'Committed' THEN 'stage_committed'
                WHEN b.expected_conversion_rate IS NOT NULL
                    AND (b.conversion_confidence >= 0.15 OR b.probability_percent IS NULL) THEN 'model'
                WHEN b.probability_percent IS NOT NULL THEN 'board_percent'
                ELSE 'stage_default'
            END AS probability_source,
            CASE
                WHEN b.conversion_confidence > 0
                    THEN greatest(0.05, least(0.35, (1 - b.conversion_confidence) * 0.30))
                ELSE b.default_spread
            END::numeric(6,5) AS probability_spread,
            date_trunc('month', b.forecast_date)::date AS forecast_month
        FROM (
            SELECT
                p.id AS project_uuid,
                p.monday_id AS project_id,
                p.item_name,
                coalesce(nullif(p.project_name, ''), p.item_name) AS project_name,
                p.account,
                p.type,
                p.category,
                p.product_type,
                p.pipeline_stage,
                coalesce(s.stage_bucket, any_other.stage_bucket) AS stage_bucket,
                coalesce(s.default_probability, any_other.default_probability) AS default_probability,
                CASE WHEN s.stage IS NULL THEN any_other.default_spread ELSE s.default_spread END AS default_spread,
                coalesce(nullif(p.total_order_value, 0), nullif(p.new_enquiry_value, 0), 0)::numeric(16,2)
                    AS contract_value,
                p.total_order_value,
                p.new_enquiry_value,
                p.date_created,
                coalesce(
                    p.date_order_received,
                    p.expected_start_date,
                    p.follow_up_date,
                    p.date_created + greatest(a.expected_gestation_days, 0),
                    p.date_created,
                    timezone('UTC', now())::date) AS forecast_date,
                CASE
                    WHEN p.date_order_received IS NOT NULL THEN 'date_order_received'
                    WHEN p.expected_start_date IS NOT NULL THEN 'expected_start_date'
                    WHEN p.follow_up_date IS NOT NULL THEN 'follow_up_date'
                    WHEN p.date_created IS NOT NULL AND a.expected_gestation_days IS NOT NULL
                        THEN 'date_created_plus_expected_gestation_days'
                    WHEN p.date_created IS NOT NULL THEN 'date_created'
                    ELSE 'current_date_default'
                END AS forecast_date_source,
                a.analysis_timestamp,
                a.expected_gestation_days,
                a.expected_conversion_rate,
                a.conversion_confidence,
                p.probability_percent
            FROM projects p
            LEFT JOIN pipeline_stage s ON s.stage = p.pipeline_stage
            CROSS JOIN (SELECT * FROM pipeline_stage WHERE stage = '(any other)') any_other
            LEFT JOIN analysis_results a ON a.project_id = p.monday_id
            WHERE p.state = 'active'
        ) b
    ) p
) v;

CREATE MATERIALIZED VIEW plain.forecast_monthly AS
SELECT
    forecast_month,
    stage_bucket,
    count(*) AS project_count,
    sum(contract_value)::numeric(24,2) AS contract_value,
    sum(committed_value)::numeric(24,2) AS committed_value,
    sum(expected_value)::numeric(24,2) AS expected_value,
    sum(best_case_value)::numeric(24,2) AS best_case_value,
    sum(worst_case_value)::numeric(24,2) AS worst_case_value
FROM plain.forecast_project
WHERE forecast_month >= date_trunc('month', timezone('UTC', now()))::date
  AND forecast_month < (date_trunc('month', timezone('UTC', now())) + interval '12 months')::date
GROUP BY forecast_month, stage_bucket;
CREATE UNIQUE INDEX ON plain.forecast_monthly (forecast_month, stage_bucket);

-- One plain table for all days, with the indexes that such a table is usually given.
CREATE TABLE plain.forecast_snapshot (
    LIKE pipeline_forecast_snapshot INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
    PRIMARY KEY (snapshot_date, project_id, forecast_month)
);
CREATE INDEX ON plain.forecast_snapshot (project_id);
CREATE INDEX ON plain.forecast_snapshot (forecast_month);
CREATE INDEX ON plain.forecast_snapshot (stage_bucket);
CREATE INDEX ON plain.forecast_snapshot (created_at);

-- An empty partition of the same shape, for the cost of storing rows that are already computed.
CREATE TABLE plain.snapshot_floor (
    LIKE pipeline_forecast_snapshot INCLUDING DEFAULTS INCLUDING CONSTRAINTS
) PARTITION BY RANGE (snapshot_date);
CREATE TABLE plain.snapshot_floor_partition PARTITION OF plain.snapshot_floor (
    PRIMARY KEY (snapshot_date, project_id, forecast_month)
) FOR VALUES FROM ('1900-01-01') TO ('9999-12-31');
CREATE UNLOGGED TABLE plain.computed_snapshot (LIKE pipeline_forecast_snapshot);

-- A month of snapshots in a plain table, for the cost of a retention that deletes rows.
CREATE TABLE plain.expired_snapshot (
    LIKE pipeline_forecast_snapshot INCLUDING DEFAULTS,
    PRIMARY KEY (snapshot_date, project_id, forecast_month)
);
