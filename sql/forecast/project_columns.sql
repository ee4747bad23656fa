-- What the forecast passes on of a project as it is.
account, type, category, product_type, pipeline_stage
