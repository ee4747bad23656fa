-- Where observation of each project begins: what lies before is a past that was told, or inferred.
CREATE OR REPLACE VIEW pipeline_data.first_observed AS
SELECT DISTINCT ON (h.project_id) h.*, h.valid_from AS begins
FROM project_history h
WHERE h.origin = 'observed'
ORDER BY h.project_id, h.valid_from;

COMMENT ON VIEW pipeline_data.first_observed IS
    'The first observed version of each project, and the moment from which on it was observed.';
