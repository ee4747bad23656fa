-- The outlook by project, as of its newest run; attributes are those of today.
CREATE OR REPLACE VIEW pipeline.vw_outlook_project AS
SELECT
    r.run_id, r.as_of, p.project_id, d.project_name, d.account, d.type, d.category, d.product_type, d.pipeline_stage,
    d.sales_representative, d.date_created,
    p.p_won, p.later, p.lost,
    p.win_value::numeric(24,2) AS win_value,
    (p.p_won * p.win_value)::numeric(24,2) AS expected_value,
    p.months
FROM outlook_newest_run r
JOIN outlook_project p ON p.run_id = r.run_id
LEFT JOIN project_dimension d ON d.project_id = p.project_id;

COMMENT ON VIEW pipeline.vw_outlook_project IS
    'What the newest run of the outlook says of each open project: the probability that it will be won, and what it will then be worth. explain_outlook() says why.';

-- The columns of a run, whichever: outlook_project keeps them as arrays.
CREATE OR REPLACE VIEW pipeline.outlook_project_month AS
SELECT
    p.run_id, p.project_id, (f.first_month + make_interval(months => c.horizon))::date AS month, c.horizon,
    c.p, c.k1, c.k2, c.k3, c.l0, c.ck1, c.ck2, c.ck3, c.cl0, c.neg
FROM outlook_run r
CROSS JOIN LATERAL (
    SELECT min(m.month)::timestamp AS first_month,
           array_agg(m.c ORDER BY m.horizon) FILTER (WHERE m.span = 'month') AS c,
           array_agg(m.c ORDER BY m.horizon) FILTER (WHERE m.span = 'cumulated') AS c_cumulated
    FROM outlook_month m
    WHERE m.run_id = r.run_id AND m.part = 'total'
) f
JOIN outlook_project p ON p.run_id = r.run_id
CROSS JOIN LATERAL outlook_columns(p.months, p.win_value, r.value_cv2, f.c, f.c_cumulated) c;

COMMENT ON VIEW pipeline.outlook_project_month IS
    'What each run of the outlook said of a project and month: the probability that it is won in it, and the additive columns of the month (k1, k2, k3, l0, neg) and of all months up to it (ck1 to cl0), whose sums over any projects outlook_quantile() takes.';

CREATE OR REPLACE VIEW pipeline.vw_outlook_project_month AS
SELECT r.as_of, m.*, m.k1::numeric(24,2) AS expected_value
FROM outlook_newest_run r
JOIN outlook_project_month m ON m.run_id = r.run_id;

COMMENT ON VIEW pipeline.vw_outlook_project_month IS
    'outlook_project_month of the newest run, with the expected value of each month.';
