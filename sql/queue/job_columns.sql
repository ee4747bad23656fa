-- What a job takes along wherever it goes.
id, job_type, project_id, max_attempts, payload, priority, dedupe_key, created_at
