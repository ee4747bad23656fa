-- What the analysis reads of each active project: now, and as of a past moment.
CREATE OR REPLACE VIEW pipeline_data.analysis_input AS
SELECT p.monday_id AS project_id, @list analysis/input_columns.sql p@, s.outcome, p.date_created, p.pipeline_stage
FROM projects p
LEFT JOIN pipeline_stage s ON s.stage = p.stage_rule
WHERE p.state = 'active';

COMMENT ON VIEW pipeline_data.analysis_input IS
    'What the analysis reads of each active project.';

-- Whoever does not see all projects must not count them, and a digest without its triggers has missed changes: no row
-- then, and the analysis reads the projects themselves.
CREATE OR REPLACE VIEW pipeline_data.kept_digest AS
SELECT d.packed
FROM analysis_digest d
WHERE NOT row_security_active('projects'::regclass)
  AND current_setting('session_replication_role') <> 'replica'
  AND 3 = (
    SELECT count(*) FROM pg_catalog.pg_trigger t
    WHERE t.tgrelid = 'projects'::regclass
      AND t.tgname IN ('projects_digest_insert', 'projects_digest_update', 'projects_digest_delete')
      AND t.tgenabled IN ('O', 'A'));

COMMENT ON VIEW pipeline_data.kept_digest IS
    'The pieces of analysis_digest, where they can be trusted.';

CREATE OR REPLACE FUNCTION pipeline_data.analysis_input_as_of(as_of timestamptz)
RETURNS SETOF analysis_input
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT p.project_id, @list analysis/input_columns.sql p@, coalesce(s.outcome, any_other.outcome), p.date_created,
       p.pipeline_stage
FROM project_history p
LEFT JOIN pipeline_stage_history s
    ON s.stage = p.pipeline_stage
    AND s.valid_from <= as_of AND (s.valid_to > as_of OR s.valid_to IS NULL)
LEFT JOIN pipeline_stage_history any_other
    ON any_other.stage = '(any other)'
    AND any_other.valid_from <= as_of AND (any_other.valid_to > as_of OR any_other.valid_to IS NULL)
WHERE p.valid_from <= as_of AND (p.valid_to > as_of OR p.valid_to IS NULL)
  AND p.state = 'active';
END;

COMMENT ON FUNCTION pipeline_data.analysis_input_as_of(timestamptz) IS
    'The rows of analysis_input as they were at a moment.';
