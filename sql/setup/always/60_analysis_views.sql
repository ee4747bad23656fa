-- What the analysis reads of each active project: now, and as of a past moment.
CREATE OR REPLACE VIEW @extschema@._pipeline_analysis_input AS
SELECT p.monday_id AS project_id, p.account, p.type, p.category, p.product_type, p.new_enquiry_value,
       p.gestation_period, s.outcome, p.date_created, p.pipeline_stage
FROM @extschema@.projects p
LEFT JOIN @extschema@.pipeline_stage s ON s.stage = p.stage_rule
WHERE p.state = 'active';

COMMENT ON VIEW @extschema@._pipeline_analysis_input IS
    'API: private. What the analysis reads of each active project.';

-- Whoever does not see all projects must not count them, and a digest without its triggers has missed changes: no row
-- then, and the analysis reads the projects themselves.
CREATE OR REPLACE VIEW @extschema@._kept_digest AS
SELECT d.packed
FROM @extschema@.analysis_digest d
WHERE NOT row_security_active('@extschema@.projects'::regclass)
  AND current_setting('session_replication_role') <> 'replica'
  AND 3 = (
    SELECT count(*) FROM pg_catalog.pg_trigger t
    WHERE t.tgrelid = '@extschema@.projects'::regclass
      AND t.tgname IN ('projects_digest_insert', 'projects_digest_update', 'projects_digest_delete')
      AND t.tgenabled IN ('O', 'A'));

COMMENT ON VIEW @extschema@._kept_digest IS
    'API: private. The pieces of analysis_digest, where they can be trusted.';

CREATE OR REPLACE FUNCTION @extschema@._pipeline_analysis_input_as_of(as_of timestamptz)
RETURNS SETOF @extschema@._pipeline_analysis_input
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT p.project_id, p.account, p.type, p.category, p.product_type, p.new_enquiry_value,
       p.gestation_period, coalesce(s.outcome, any_other.outcome), p.date_created, p.pipeline_stage
FROM @extschema@.project_history p
LEFT JOIN @extschema@.pipeline_stage_history s
    ON s.stage = p.pipeline_stage
    AND s.valid_from <= as_of AND (s.valid_to > as_of OR s.valid_to IS NULL)
LEFT JOIN @extschema@.pipeline_stage_history any_other
    ON any_other.stage = '(any other)'
    AND any_other.valid_from <= as_of AND (any_other.valid_to > as_of OR any_other.valid_to IS NULL)
WHERE p.valid_from <= as_of AND (p.valid_to > as_of OR p.valid_to IS NULL)
  AND p.state = 'active';
END;

COMMENT ON FUNCTION @extschema@._pipeline_analysis_input_as_of(timestamptz) IS
    'API: private. The rows of _pipeline_analysis_input as they were at a moment.';
