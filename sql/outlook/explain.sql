-- Why a project has the probability that it has.

CREATE OR REPLACE FUNCTION pipeline.explain_outlook(project_id text)
RETURNS TABLE(
    step integer,
    reason text,
    log_odds double precision,
    probability double precision,
    group_name text,
    won_observed double precision,
    won_expected double precision,
    won_factor double precision,
    lost_observed double precision,
    lost_expected double precision,
    lost_factor double precision
)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
BEGIN
    PERFORM require_layout();
    RETURN QUERY
    SELECT s.step::integer, (outlook_reasons())[s.step], s.log_odds,
           1 / (1 + exp(-sum(s.log_odds) OVER (ORDER BY s.step))),
           won.group_name, won.observed, won.expected, won.factor, lost.observed, lost.expected, lost.factor
    FROM outlook_newest_run r
    JOIN outlook_project p ON p.run_id = r.run_id AND p.project_id = $1
    CROSS JOIN unnest(p.reasons) WITH ORDINALITY AS s (log_odds, step)
    -- The first step is the rate of all, and the steps after it are the factors but for the last, which is one of the stage.
    LEFT JOIN outlook_factor won
        ON won.run_id = r.run_id AND won.cause = 'won' AND won.factor_name = (outlook_factors())[s.step - 1]
        AND won.group_number = p.groups[s.step - 1] AND s.step <= cardinality(p.groups)
    LEFT JOIN outlook_factor lost
        ON lost.run_id = r.run_id AND lost.cause = 'lost' AND lost.factor_name = won.factor_name
        AND lost.group_number = won.group_number
    ORDER BY s.step;
    IF NOT FOUND AND NOT EXISTS (SELECT FROM project_dimension d WHERE d.project_id = $1) THEN
        PERFORM raise_unknown_project($1);
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline.explain_outlook(text) IS
    'Why the newest outlook gives a project its probability: steps in log-odds from the rate of all projects to that of this one, which add up to the log-odds of p_won; with each the group that the project is in, how often projects of it were won and lost (observed), how often everything else would have said (expected), and the factor. No row for a project that was not open. Error P0002 for an unknown project.';
ALTER FUNCTION pipeline.explain_outlook(text) DEPENDS ON EXTENSION pipeline_forecast;
