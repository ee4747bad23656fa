-- Whether what people said came true. Counted from history, project by project: what was learned weighs the past, and looks
-- at a project more than once. Readers of reports see no table: history is read with the rights of its owner.
CREATE OR REPLACE FUNCTION pipeline.outlook_calibration()
RETURNS TABLE(factor_name text, group_name text, ended_count bigint, won_count bigint, stated numeric)
LANGUAGE sql STABLE PARALLEL RESTRICTED
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
WITH version AS (
    SELECT v.project_id, v.valid_from, v.state, v.pipeline_stage, v.sales_representative, v.probability_percent,
           lead(v.state) OVER (PARTITION BY v.project_id ORDER BY v.valid_from) AS next_state,
           last_value(v.state) OVER (PARTITION BY v.project_id ORDER BY v.valid_from
                                     ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS last_state
    FROM outlook_newest_run r
    CROSS JOIN LATERAL outlook_versions(r.as_of) v
),
-- As it was when it was open last.
ended AS (
    SELECT DISTINCT ON (v.project_id) v.*
    FROM version v
    WHERE v.state = 'open' AND v.next_state IN ('won', 'lost') AND v.last_state <> 'open'
    ORDER BY v.project_id, v.valid_from DESC
)
SELECT g.factor_name, g.group_name, count(*) AS ended_count, count(*) FILTER (WHERE e.next_state = 'won') AS won_count,
       avg(e.probability_percent) / 100 AS stated
FROM ended e
CROSS JOIN LATERAL (VALUES
    ('stage', e.pipeline_stage), ('owner', e.sales_representative),
    ('stated percent', round(e.probability_percent / 10) * 10 || ' %')) AS named (factor_name, group_name)
CROSS JOIN LATERAL (SELECT named.factor_name, coalesce(nullif(btrim(named.group_name), ''), '(none)') AS group_name) g
GROUP BY g.factor_name, g.group_name
$$;
COMMENT ON FUNCTION pipeline.outlook_calibration() IS
    'Of the projects that had ended when the newest outlook was fitted: how many of each stage, owner and stated percent (to the nearest ten), how many of them were won, and the mean of the probability that people had stated (0 to 1). vw_calibration adds shares and intervals.';
ALTER FUNCTION pipeline.outlook_calibration() DEPENDS ON EXTENSION pipeline_forecast;

CREATE OR REPLACE VIEW pipeline.vw_calibration AS
SELECT
    c.factor_name, c.group_name, c.ended_count, c.won_count,
    pipeline_share(c.won_count, c.ended_count) AS won_share,
    (pipeline_wilson(c.won_count, c.ended_count))[1]::numeric(7,6) AS won_low,
    (pipeline_wilson(c.won_count, c.ended_count))[2]::numeric(7,6) AS won_high,
    c.stated::numeric(7,6) AS stated_probability
FROM outlook_calibration() c;

COMMENT ON VIEW pipeline.vw_calibration IS
    'Of the projects that have ended while history was kept: how many of each stage, owner and stated percent (to the nearest ten) were won, with Wilson''s interval, beside the probability that people had stated. A group of which few have ended has a wide interval.';
