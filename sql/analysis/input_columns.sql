-- What the analysis reads of a project, beside how it ended.
account, type, category, product_type, new_enquiry_value, gestation_period
