-- Where observation of each project begins: what lies before is a past that was told, or inferred.
CREATE OR REPLACE VIEW pipeline_data.observation_begins AS
SELECT DISTINCT ON (h.project_id) h.project_id, h.valid_from AS begins, h.project_uuid
FROM project_history h
WHERE h.origin = 'observed'
ORDER BY h.project_id, h.valid_from;

COMMENT ON VIEW pipeline_data.observation_begins IS
    'The moment of the first observed version of each project.';
