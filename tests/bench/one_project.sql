-- The analysis of one project in plain SQL, as one would write it without the extension: the first tier that is large
-- enough, then the statistics of its projects, stored in a table. With the index that its filters want.
CREATE SCHEMA plain;
CREATE INDEX plain_segment_idx ON projects (category, type, product_type);
CREATE TABLE plain.analysis (
    project_id text PRIMARY KEY, tier integer, segment_n bigint, rate numeric(6,5), closed_rate numeric(6,5), gestation_days integer,
    p25 integer, p75 integer, mean_value numeric(14,2), value_share double precision, account_rate double precision, product_rate double precision
);

CREATE FUNCTION plain.analyze_project(project text) RETURNS void LANGUAGE plpgsql SET jit = off AS $$
DECLARE
    target projects;
    is_wanted text;
    found bigint;
    tier integer;
BEGIN
    SELECT * INTO STRICT target FROM projects WHERE monday_id = project;
    FOR tier_tried IN 1 .. 5 LOOP
        tier := tier_tried;
        is_wanted := concat_ws(' AND ', $sql$ state = 'active' AND date_created >= pipeline_today() - 1825 $sql$,
            CASE WHEN tier <= 1 AND target.account <> '' THEN format('account = %L', target.account) END,
            CASE WHEN tier <= 3 AND target.type <> '' THEN format('type = %L', target.type) END,
            CASE WHEN tier <= 4 AND target.category <> '' THEN format('category = %L', target.category) END,
            CASE WHEN tier <= 2 AND target.product_type <> '' THEN format('product_type = %L', target.product_type) END);
        EXECUTE 'SELECT count(*) FROM projects WHERE ' || is_wanted INTO found;
        EXIT WHEN found >= 15;
    END LOOP;
    EXECUTE format($sql$
        WITH segment AS MATERIALIZED (
            SELECT s.outcome, p.date_created, p.new_enquiry_value, p.account = $2 AS same_account, p.product_type = $3 AS same_product,
                   CASE WHEN p.gestation_period BETWEEN 1 AND 999 THEN p.gestation_period END AS days,
                   power(2, -greatest(pipeline_today() - p.date_created, 0) / 730.0::float8) AS weight
            FROM projects p LEFT JOIN pipeline_stage s ON s.stage = p.stage_rule
            WHERE %s
        ),
        rates AS (
            SELECT count(*) AS n, sum(weight) FILTER (WHERE outcome = 'won') * count(*) / sum(weight) AS won,
                   sum(weight) FILTER (WHERE outcome = 'lost') * count(*) / sum(weight) AS lost,
                   avg(new_enquiry_value) AS mean_value,
                   avg((new_enquiry_value <= $4)::integer::float8) FILTER (WHERE new_enquiry_value > 0) AS value_share,
                   (count(*) FILTER (WHERE same_account AND outcome = 'won') + 1) / (count(*) FILTER (WHERE same_account) + 2.0) AS account_rate,
                   (count(*) FILTER (WHERE same_product AND outcome = 'won') + 1) / (count(*) FILTER (WHERE same_product) + 2.0) AS product_rate
            FROM segment
        ),
        durations AS (
            SELECT days, share, lag(days) OVER by_days AS former_days, lag(share) OVER by_days AS former_share
            FROM (SELECT days, date_created, sum(weight) OVER (ORDER BY days, date_created DESC ROWS UNBOUNDED PRECEDING) / sum(weight) OVER () AS share
                  FROM segment WHERE days IS NOT NULL) d
            WINDOW by_days AS (ORDER BY share)
        ),
        quantiles AS (
            SELECT q.p, coalesce(d.former_days + (d.days - d.former_days) * ((q.p - d.former_share) / (d.share - d.former_share)), d.days) AS days
            FROM (VALUES (0.25), (0.5), (0.75)) AS q (p),
                 LATERAL (SELECT * FROM durations WHERE share >= q.p ORDER BY share LIMIT 1) d
        ),
        closed AS (
            SELECT count(*) FILTER (WHERE s.outcome = 'won')::float8 / nullif(count(*) FILTER (WHERE s.outcome IN ('won', 'lost')), 0) AS prior
            FROM projects p LEFT JOIN pipeline_stage s ON s.stage = p.stage_rule
            WHERE $5 >= 4 AND state = 'active' AND date_created >= pipeline_today() - 1825
        )
        INSERT INTO plain.analysis
        SELECT $1, $5, n, (coalesce(won, 0) + 1) / (n + 2),
               CASE WHEN prior IS NULL THEN (won + 1) / (won + lost + 2) ELSE (won + 20 * prior) / (won + lost + 20) END,
               (SELECT days FROM quantiles WHERE p = 0.5), (SELECT days FROM quantiles WHERE p = 0.25), (SELECT days FROM quantiles WHERE p = 0.75),
               mean_value, value_share, account_rate, product_rate
        FROM rates, closed
        ON CONFLICT (project_id) DO UPDATE SET rate = excluded.rate, gestation_days = excluded.gestation_days
    $sql$, is_wanted) USING project, target.account, target.product_type, coalesce(target.new_enquiry_value, 0), tier;
END $$;
