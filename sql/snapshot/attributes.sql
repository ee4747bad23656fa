-- What a snapshot knows of its projects by which it can be sliced.
account, type, category, product_type, pipeline_stage, sales_representative
