-- Amounts up to 10^14: a currency of small units writes 10^13 for one order. Those of projects have room for more, so that
-- what is too large is refused by name. More digits before the point need no rewriting, except of projects, where a
-- generated column is made of one of these amounts.
SELECT pipeline_internal.drop_remade(ARRAY(
    SELECT DISTINCT made.object
    FROM pipeline_data.setup_object made
    CROSS JOIN LATERAL pipeline_internal.object_address(made.object) a
    WHERE made.object ~ '^(materialized )?view ' AND a.objid IS NOT NULL));

ALTER TABLE pipeline.projects
    DROP COLUMN value_band,
    ALTER COLUMN new_enquiry_value TYPE numeric(17,2),
    ALTER COLUMN project_value TYPE numeric(17,2),
    ALTER COLUMN weighted_pipeline TYPE numeric(17,2),
    ALTER COLUMN total_order_value TYPE numeric(17,2),
    ALTER COLUMN total_amount_invoiced TYPE numeric(17,2),
    ADD COLUMN value_band text GENERATED ALWAYS AS (
        CASE
            WHEN coalesce(new_enquiry_value, 0) <= 0 THEN 'Zero'
            WHEN new_enquiry_value <= 15000 THEN 'Small (<15k)'
            WHEN new_enquiry_value <= 40000 THEN 'Medium (15-40k)'
            WHEN new_enquiry_value <= 100000 THEN 'Large (40-100k)'
            ELSE 'XLarge (>100k)'
        END
    ) STORED;

ALTER TABLE pipeline.hidden_items
    ALTER COLUMN amount_invoiced TYPE numeric(16,2),
    ALTER COLUMN quote_amount TYPE numeric(16,2),
    ALTER COLUMN m2_rate TYPE numeric(16,2),
    ALTER COLUMN material_value TYPE numeric(16,2),
    ALTER COLUMN transport_cost TYPE numeric(16,2),
    ALTER COLUMN cust_order_value_material TYPE numeric(16,2);

ALTER TABLE pipeline.subitems
    ALTER COLUMN amount_invoiced TYPE numeric(16,2),
    ALTER COLUMN quote_amount TYPE numeric(16,2),
    ALTER COLUMN m2_rate TYPE numeric(16,2),
    ALTER COLUMN material_value TYPE numeric(16,2),
    ALTER COLUMN transport_cost TYPE numeric(16,2),
    ALTER COLUMN cust_order_value_material TYPE numeric(16,2),
    ALTER COLUMN new_enquiry_value TYPE numeric(16,2);

ALTER TABLE pipeline.project_history
    ALTER COLUMN total_order_value TYPE numeric(17,2),
    ALTER COLUMN new_enquiry_value TYPE numeric(17,2);

ALTER TABLE pipeline.pipeline_forecast_snapshot
    ALTER COLUMN contract_value TYPE numeric(16,2),
    ALTER COLUMN committed_value TYPE numeric(16,2),
    ALTER COLUMN expected_value TYPE numeric(16,2),
    ALTER COLUMN best_case_value TYPE numeric(16,2),
    ALTER COLUMN worst_case_value TYPE numeric(16,2);
