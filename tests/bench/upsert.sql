-- Rows for the upserts of 100,000 projects: half of the first batch is new and half changes a figure that the
-- forecast reads; the second batch holds existing projects in which only the synchronisation time differs.
CREATE SCHEMA bench;
CREATE UNLOGGED TABLE bench.half_new AS
SELECT * FROM (
    SELECT monday_id, item_name, project_name, pipeline_stage, type, category, account, product_type, date_created,
           expected_start_date, follow_up_date, date_order_received, probability_percent, new_enquiry_value + 1.25 AS new_enquiry_value,
           total_order_value, gestation_period, now() AS last_synced_at
    FROM projects ORDER BY monday_id LIMIT 50000) existing
UNION ALL
SELECT * FROM (
    SELECT 'new' || monday_id, item_name, project_name, pipeline_stage, type, category, account, product_type, date_created,
           expected_start_date, follow_up_date, date_order_received, probability_percent, new_enquiry_value,
           total_order_value, gestation_period, now()
    FROM projects ORDER BY monday_id LIMIT 50000) added;

CREATE UNLOGGED TABLE bench.unchanged AS
SELECT monday_id, item_name, project_name, pipeline_stage, type, category, account, product_type, date_created,
       expected_start_date, follow_up_date, date_order_received, probability_percent, new_enquiry_value,
       total_order_value, gestation_period, now() AS last_synced_at
FROM projects ORDER BY monday_id LIMIT 100000;
ANALYZE bench.half_new, bench.unchanged;
