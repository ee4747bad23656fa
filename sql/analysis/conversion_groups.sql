SELECT
    g.account, g.type, g.category, g.product_type,
    count(*) AS total_projects,
    count(*) FILTER (WHERE g.outcome = 'won') AS won_projects,
    count(*) FILTER (WHERE g.outcome = 'lost') AS lost_projects,
    count(*) FILTER (WHERE g.outcome = 'open') AS open_projects,
    round(count(*) FILTER (WHERE g.outcome = 'won')::numeric / count(*), 3) AS win_rate,
    round(count(*) FILTER (WHERE g.outcome = 'won')::numeric
          / nullif(count(*) FILTER (WHERE g.outcome IN ('won', 'lost')), 0), 3) AS closed_win_rate,
    round(avg(g.gestation), 4) AS avg_gestation,
    percentile_cont(0.25) WITHIN GROUP (ORDER BY g.gestation) AS gestation_p25,
    percentile_cont(0.50) WITHIN GROUP (ORDER BY g.gestation) AS median_gestation,
    percentile_cont(0.75) WITHIN GROUP (ORDER BY g.gestation) AS gestation_p75,
    -- An index takes no text of 10 kB, and a concurrent refresh needs a unique one on columns alone.
    left(encode(sha256(convert_to(ROW(g.account, g.type, g.category, g.product_type)::text, 'UTF8')), 'hex'),
         32)::uuid AS group_key
FROM (
    SELECT
        nullif(btrim(p.account), '') AS account,
        nullif(btrim(p.type), '') AS type,
        nullif(btrim(p.category), '') AS category,
        nullif(btrim(p.product_type), '') AS product_type,
        coalesce(s.outcome, 'open') AS outcome,
        CASE WHEN p.gestation_period > 0 THEN p.gestation_period END AS gestation,
        p.date_created
    FROM projects p
    LEFT JOIN pipeline_stage s ON s.stage = p.stage_rule
    WHERE p.state = 'active'
) g
