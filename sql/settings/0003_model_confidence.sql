-- Before this setting every analysis counted: a forecast as of a day before stays as it was.
INSERT INTO setting_value (name, value, since, until, set_by)
SELECT 'model_confidence_minimum', '0', '-infinity', clock_timestamp(), 'pipeline_setup'
WHERE EXISTS (SELECT FROM project_history);
