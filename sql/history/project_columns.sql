-- What history keeps of a project, every version of it.
item_name, project_name, account, type, category, product_type, pipeline_stage, total_order_value, new_enquiry_value,
probability_percent, gestation_period, date_created, date_order_received, expected_start_date, follow_up_date, state, sales_representative
