-- The record of the outlook: what was said at the beginning of months, and what came.
CREATE OR REPLACE VIEW pipeline.vw_outlook_record AS
SELECT
    j.run_id, r.as_of, r.source, j.span, j.horizon, j.month,
    j.before_blend::numeric(24,2) AS before_blend,
    j.forecast::numeric(24,2) AS forecast,
    j.p10, j.p90, j.actual, j.held,
    m.theta, m.c, m.top_down::numeric(24,2) AS top_down, m.v1_value, m.naive_last_month, m.naive_last_year, m.naive_mean,
    j.judged_as_of
FROM outlook_record j
JOIN outlook_valid_run r ON r.run_id = j.run_id
JOIN outlook_month m ON m.run_id = j.run_id AND m.span = j.span AND m.month = j.month AND m.part = 'total';

COMMENT ON VIEW pipeline.vw_outlook_record IS
    'Every band of the outlook that was stored at the beginning of a month and whose months are over: forecast, band, what was won, whether the band held, and what other lines said on the same day.';

CREATE OR REPLACE VIEW pipeline.vw_outlook_accuracy AS
SELECT
    s.span, s.horizon, s.judged_count, s.held_count,
    (pipeline_wilson(s.held_count, s.judged_count))[1]::numeric(7,6) AS held_low,
    (pipeline_wilson(s.held_count, s.judged_count))[2]::numeric(7,6) AS held_high,
    s.actual_value,
    pipeline_wape(s.error, s.actual_value) AS wape,
    pipeline_bias(s.forecast, s.actual_value) AS bias,
    pipeline_wape(s.error_before_blend, s.actual_value) AS wape_before_blend,
    pipeline_wape(s.error_top_down, s.actual_top_down) AS wape_top_down,
    pipeline_wape(s.error_v1, s.actual_value) AS wape_v1,
    pipeline_wape(s.error_last_month, s.actual_last_month) AS wape_last_month,
    pipeline_wape(s.error_last_year, s.actual_last_year) AS wape_last_year,
    pipeline_wape(s.error_mean, s.actual_mean) AS wape_mean,
    better_line(s.judged_count, s.v1_less_outlook, s.deviation) AS better
FROM (
    SELECT r.span, r.horizon,
           count(*) AS judged_count,
           count(*) FILTER (WHERE r.held) AS held_count,
           sum(r.actual) AS actual_value,
           sum(r.forecast) AS forecast,
           sum(abs(r.forecast - r.actual)) AS error,
           sum(abs(r.before_blend - r.actual)) AS error_before_blend,
           -- Lines that were not there in every month are compared in those in which they were.
           sum(abs(r.top_down - r.actual)) AS error_top_down,
           sum(r.actual) FILTER (WHERE r.top_down IS NOT NULL) AS actual_top_down,
           sum(abs(r.v1_value - r.actual)) AS error_v1,
           sum(abs(r.naive_last_month - r.actual)) AS error_last_month,
           sum(r.actual) FILTER (WHERE r.naive_last_month IS NOT NULL) AS actual_last_month,
           sum(abs(r.naive_last_year - r.actual)) AS error_last_year,
           sum(r.actual) FILTER (WHERE r.naive_last_year IS NOT NULL) AS actual_last_year,
           sum(abs(r.naive_mean - r.actual)) AS error_mean,
           sum(r.actual) FILTER (WHERE r.naive_mean IS NOT NULL) AS actual_mean,
           avg(abs(r.v1_value - r.actual) - abs(r.forecast - r.actual))::double precision AS v1_less_outlook,
           stddev_samp(abs(r.v1_value - r.actual) - abs(r.forecast - r.actual))::double precision AS deviation
    FROM vw_outlook_record r
    GROUP BY r.span, r.horizon
) s;

COMMENT ON VIEW pipeline.vw_outlook_accuracy IS
    'The record by span and horizon: how many bands held, with Wilson''s interval; and the errors of the outlook beside those of the rule-based forecast and of naive lines. All measured by won value.';
