-- What statistics read of a project.
account, type, category, product_type, stage_rule, new_enquiry_value, gestation_period, date_created
