-- Readers of reports see no table: the explanation is computed with the rights of its owner.

CREATE OR REPLACE FUNCTION pipeline.explain_analysis(project_id text, as_of timestamptz DEFAULT now())
RETURNS TABLE(step text, detail text, value text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_layout();
    RETURN QUERY
    SELECT s.step, s.detail, s.value
    FROM ROWS FROM (
        jsonb_to_recordset(analysis_detail(
            ARRAY[coalesce(project_id, '')], as_of, reads_history(as_of))->'steps')
        AS (step text, detail text, value text)
    ) WITH ORDINALITY AS s (step, detail, value, position)
    ORDER BY s.position;
    -- Whether it counts is said for the present.
    RETURN QUERY
    SELECT 'forecast_probability', e.rule, e.value
    FROM vw_forecast_explanation_v1 e
    WHERE e.project_id = explain_analysis.project_id AND e.step = 'probability' AND as_of >= now();
END;
$$;
COMMENT ON FUNCTION pipeline.explain_analysis(text, timestamptz) IS
    'How the analysis of a project comes about: segment, weights, rates, durations, each score and bonus of the rating, and whether the forecast takes the rate now. Error P0002 for an unknown project.';
ALTER FUNCTION pipeline.explain_analysis(text, timestamptz) DEPENDS ON EXTENSION pipeline_forecast;
