-- The outlook by month, as of its newest run.
CREATE OR REPLACE VIEW pipeline.vw_outlook_monthly AS
SELECT
    r.run_id, r.as_of, r.state, r.won_count, m.span, m.part, m.month, m.horizon,
    m.expected_value, m.p10, m.p50, m.p90,
    m.k1, m.k2, m.k3, m.l0, m.neg, m.shock, m.past_months, m.theta, m.c,
    m.top_down::numeric(24,2) AS top_down, m.v1_value, m.naive_last_month, m.naive_last_year, m.naive_mean,
    CASE WHEN m.horizon = 0 THEN r.month_won_value END AS won_so_far,
    a.held_count, a.judged_count, a.held_low, a.held_high,
    CASE WHEN m.part = 'total' THEN
        outlook_record_text(coalesce(a.held_count, 0), coalesce(a.judged_count, 0), r.won_count) END AS record
FROM outlook_newest_run r
JOIN outlook_month m ON m.run_id = r.run_id
LEFT JOIN vw_outlook_accuracy a ON m.part = 'total' AND a.span = m.span AND a.horizon = m.horizon;

COMMENT ON VIEW pipeline.vw_outlook_monthly IS
    'What the newest run of the outlook says of twelve months: the won value expected, its band, and how often bands of that horizon held. By month or cumulated from now on (span), of projects that exist, of new ones, or of both (part): choose one of each.';
