-- What the dimension says of a project as the project does, beside its name.
account, type, category, product_type, pipeline_stage, stage_bucket, sales_representative, date_created, state
