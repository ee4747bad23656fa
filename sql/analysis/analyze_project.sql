-- Returns a row of a table of the user, so it is made with the tables and not with the extension.
CREATE OR REPLACE FUNCTION pipeline.analyze_project(project_id text, as_of timestamptz DEFAULT now())
RETURNS analysis_results
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    result analysis_results;
BEGIN
    PERFORM analyze_projects(ARRAY[coalesce(project_id, '')], as_of);
    SELECT * INTO STRICT result FROM analysis_results a WHERE a.project_id = analyze_project.project_id;
    RETURN result;
END;
$$;
COMMENT ON FUNCTION pipeline.analyze_project(text, timestamptz) IS
    'Analyses one project as of a moment, stores what changed and returns its analysis. Errors: P0002 unknown project, 22023 negative value.';
