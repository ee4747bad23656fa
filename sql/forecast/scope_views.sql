-- What is in the twelve months and what is not, so that no total is taken for another: what is past due, which orders are
-- still to be invoiced, and every active project in one line.

-- The first branch reaches the index of stated dates.
CREATE OR REPLACE VIEW pipeline.vw_forecast_past_due AS
SELECT p.project_id, p.project_name, p.account, p.type, p.category, p.pipeline_stage, 'past_month' AS reason, p.forecast_date,
       p.forecast_date_source, months_between(p.forecast_date, pipeline_today()) AS months_overdue, p.contract_value,
       p.probability, p.expected_value
FROM vw_pipeline_forecast_project_v1 p
WHERE p.stage_bucket = 'Open' AND p.forecast_date < pipeline_window_start(pipeline_today())
UNION ALL
SELECT p.project_id, p.project_name, p.account, p.type, p.category, p.pipeline_stage, 'undated', p.forecast_date,
       p.forecast_date_source, 0, p.contract_value, p.probability, p.expected_value
FROM vw_pipeline_forecast_project_v1 p
WHERE p.stage_bucket = 'Open' AND p.forecast_date_source = 'current_date_default';

COMMENT ON VIEW pipeline.vw_forecast_past_due IS
    'Open projects that need a date: reason past_month, dated in a month that is over and therefore in none of the twelve months; or undated, without any date and therefore counted today.';
COMMENT ON COLUMN pipeline.vw_forecast_past_due.reason IS 'past_month or undated.';
COMMENT ON COLUMN pipeline.vw_forecast_past_due.months_overdue IS 'Months from the month it is dated in to the current one; 0 where it is undated.';

CREATE OR REPLACE VIEW pipeline.vw_forecast_backlog AS
SELECT
    o.project_id,
    o.project_name,
    o.account,
    o.type,
    o.category,
    o.pipeline_stage,
    o.forecast_date,
    o.forecast_date >= pipeline_window_start(pipeline_today()) AND o.forecast_date < pipeline_window_end(pipeline_today())
        AS is_in_forecast,
    o.contract_value,
    coalesce(i.invoiced_value, 0)::numeric(24,2) AS invoiced_value,
    (o.contract_value - coalesce(i.invoiced_value, 0))::numeric(24,2) AS backlog_value
FROM vw_pipeline_forecast_project_v1 o
JOIN projects p ON p.monday_id = o.project_id
JOIN pipeline_stage s ON s.stage = p.stage_rule AND s.outcome = 'open'
LEFT JOIN LATERAL (
    SELECT sum(v.amount_invoiced) AS invoiced_value FROM vw_invoices v WHERE v.project_id = o.project_id
) i ON true
WHERE o.stage_bucket = 'Committed' AND coalesce(i.invoiced_value, 0) < o.contract_value;

COMMENT ON VIEW pipeline.vw_forecast_backlog IS
    'Won orders that are not fully invoiced: projects in the bucket Committed whose stage is not closed (its outcome is open) and of which less than the contract value was invoiced. Those dated in a month that is over are in none of the twelve months.';
COMMENT ON COLUMN pipeline.vw_forecast_backlog.is_in_forecast IS 'Whether it is dated within the twelve months.';
COMMENT ON COLUMN pipeline.vw_forecast_backlog.invoiced_value IS 'What was invoiced of it so far, credit notes net.';
COMMENT ON COLUMN pipeline.vw_forecast_backlog.backlog_value IS 'What is still to be invoiced.';

-- Of all projects, or of those that pass the filters of the page. Each active project is in exactly one line up to
-- later; backlog and undated say of some of them what else they are.
CREATE OR REPLACE FUNCTION pipeline_data.forecast_scope_of(
    wanted_account text DEFAULT NULL,
    wanted_type text DEFAULT NULL,
    wanted_category text DEFAULT NULL
) RETURNS TABLE(
    sort_order integer, line text, is_in_forecast boolean, project_count bigint, contract_value numeric,
    expected_value numeric, open_value numeric, about text
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
WITH part AS (
    SELECT
        i.stage_bucket,
        CASE WHEN coalesce(i.stated_date, i.estimated_date) < (SELECT pipeline_window_start(pipeline_today())) THEN 'past'
             WHEN coalesce(i.stated_date, i.estimated_date) < (SELECT pipeline_window_end(pipeline_today())) THEN 'window'
             ELSE 'later' END AS period,
        i.stage_bucket = 'Open' AND i.stated_date IS NULL AND i.date_created IS NULL AS is_undated,
        pipeline_forecast_totals(
            i.stage_bucket, i.total_order_value, i.new_enquiry_value,
            @list forecast/model_rate.sql@, i.probability_percent, i.default_probability,
            i.conversion_confidence, i.default_spread) AS totals
    FROM forecast_input i
    WHERE passes_filter(i.account, i.type, i.category, wanted_account, wanted_type, wanted_category)
    GROUP BY 1, 2, 3
), known AS (
    VALUES
        (1, 'committed', true, 'Committed', 'window', 'won, and dated within the twelve months'),
        (2, 'open', true, 'Open', 'window', 'open, and dated within the twelve months'),
        (3, 'lost', true, 'Lost', 'window', 'lost, and dated within the twelve months: counted as projects, nothing is expected of them'),
        (4, 'past_due', false, 'Open', 'past', 'open, and dated in a month that is over: in none of the twelve months'),
        (5, 'won_before', false, 'Committed', 'past', 'won, and dated in a month that is over'),
        (6, 'lost_before', false, 'Lost', 'past', 'lost, and dated in a month that is over'),
        (7, 'later', false, NULL, 'later', 'dated after the twelve months')
), backlog AS (
    SELECT count(*) AS project_count, sum(b.contract_value) AS contract_value, sum(b.backlog_value) AS open_value
    FROM vw_forecast_backlog b
    WHERE passes_filter(b.account, b.type, b.category, wanted_account, wanted_type, wanted_category)
)
SELECT k.column1, k.column2, k.column3, coalesce(sum((p.totals).project_count), 0)::bigint,
       coalesce(sum((p.totals).contract_value), 0.00), coalesce(sum((p.totals).expected_value), 0.00), NULL::numeric, k.column6
FROM known k
LEFT JOIN part p ON p.period = k.column5 AND p.stage_bucket = coalesce(k.column4, p.stage_bucket)
GROUP BY k.column1, k.column2, k.column3, k.column6
UNION ALL
SELECT 8, 'backlog', NULL, b.project_count, coalesce(b.contract_value, 0.00), coalesce(b.contract_value, 0.00), coalesce(b.open_value, 0.00),
       'won orders not fully invoiced, whenever they are dated; some of the above'
FROM backlog b
UNION ALL
SELECT 9, 'undated', NULL, coalesce(sum((p.totals).project_count), 0)::bigint, coalesce(sum((p.totals).contract_value), 0.00),
       coalesce(sum((p.totals).expected_value), 0.00), NULL, 'open, without any date and so counted today; some of the above'
FROM part p
WHERE p.is_undated;
END;
COMMENT ON FUNCTION pipeline_data.forecast_scope_of(text, text, text) IS
    'The lines of vw_forecast_scope as of now, of all projects or those of an account, type and category.';

CREATE MATERIALIZED VIEW IF NOT EXISTS pipeline.mv_forecast_scope AS
SELECT s.sort_order, s.line, s.is_in_forecast, s.project_count, s.contract_value::numeric(24,2) AS contract_value,
       s.expected_value::numeric(24,2) AS expected_value, s.open_value::numeric(24,2) AS open_value, s.about,
       statement_timestamp() AS refreshed_at
FROM forecast_scope_of() s;

CREATE UNIQUE INDEX IF NOT EXISTS mv_forecast_scope_key ON mv_forecast_scope (line);

COMMENT ON MATERIALIZED VIEW pipeline.mv_forecast_scope IS
    'What is in the twelve months and what is not, in lines, as of the last refresh; vw_forecast_scope for reports.';

CREATE OR REPLACE VIEW pipeline.vw_forecast_scope AS
SELECT s.sort_order, s.line, s.is_in_forecast, s.project_count, s.contract_value, s.expected_value, s.open_value, s.about,
       timezone('UTC', s.refreshed_at) AS refreshed_at
FROM mv_forecast_scope s;

COMMENT ON VIEW pipeline.vw_forecast_scope IS
    'Every active project in one of seven lines, as of the last refresh (UTC): committed, open and lost are dated within the twelve months and make up every total of the forecast; past_due, won_before, lost_before and later are in none. backlog (won orders not fully invoiced, open_value being what is left) and undated say of some of them what else they are.';

-- The verdict for those who ask often: reading all open projects takes a second where there are a million.
CREATE MATERIALIZED VIEW IF NOT EXISTS pipeline.mv_forecast_quality AS
SELECT v.state, v.verdict, v.project_count, v.contract_value, v.expected_value, v.guessed_value, v.guessed_share, v.detail,
       statement_timestamp() AS refreshed_at
FROM vw_forecast_quality_verdict v;

CREATE UNIQUE INDEX IF NOT EXISTS mv_forecast_quality_key ON mv_forecast_quality (state);

COMMENT ON MATERIALIZED VIEW pipeline.mv_forecast_quality IS
    'vw_forecast_quality_verdict as of the last refresh, as the page and GET /forecast/pipeline show it.';
