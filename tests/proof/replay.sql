-- Replays the opportunities day by day: history as it would have been kept, an analysis and a snapshot on each night of
-- 2017 that replay.night_of holds. Nothing is known before its day:
--   * A deal appears on its engage date, open, at list price, without a date; it is won or lost on its close date.
--   * Its account comes with the close, or with the export on the last day. In the export it is blank on many deals
--     that are still open, so that knowing it earlier would give away how a deal ends.
--   * The 500 prospects have no date at all: they appear on the last day.
SET client_min_messages = warning;
SET jit = off;

CREATE TABLE replay.deal AS
SELECT
    s.opportunity_id AS project_id, s.sales_agent, nullif(s.account, '') AS account,
    p.product, p.series, p.sales_price::numeric AS list_price,
    s.deal_stage, nullif(s.engage_date, '')::date AS engaged, nullif(s.close_date, '')::date AS closed,
    CASE s.deal_stage WHEN 'Won' THEN s.close_value::numeric END AS won_value
FROM replay.sales_pipeline s
JOIN replay.products p ON p.product = replace(s.product, 'GTXPro', 'GTX Pro');

-- The end of the story, as today's rows; their history is written below, not by its triggers.
ALTER TABLE projects DISABLE TRIGGER projects_history_insert;
INSERT INTO projects (
    monday_id, item_name, account, sales_representative, product_type, type, pipeline_stage, new_enquiry_value,
    total_order_value, total_amount_invoiced, date_created, date_order_received, first_date_invoiced, follow_up_date,
    gestation_period)
SELECT
    d.project_id, d.project_id, d.account, d.sales_agent, d.product, d.series,
    CASE d.deal_stage WHEN 'Won' THEN 'Won - Closed (Invoiced)' WHEN 'Lost' THEN 'Lost'
        WHEN 'Engaging' THEN 'Customer Confident Of Project Success' ELSE 'Open Enquiry' END,
    d.list_price, d.won_value, d.won_value, d.engaged,
    CASE d.deal_stage WHEN 'Won' THEN d.closed END, CASE d.deal_stage WHEN 'Won' THEN d.closed END,
    CASE d.deal_stage WHEN 'Lost' THEN d.closed END, d.closed - d.engaged
FROM replay.deal d;
ALTER TABLE projects ENABLE TRIGGER projects_history_insert;

-- Open from the engage date on, and as exported from the day on which the account and the end are known.
INSERT INTO project_history (
    project_id, valid_from, valid_to, project_uuid, item_name, product_type, type, pipeline_stage, new_enquiry_value,
    date_created, state)
SELECT p.monday_id, d.engaged, coalesce(d.closed, date '2017-12-31'), p.id, p.item_name, p.product_type, p.type,
       'Customer Confident Of Project Success', p.new_enquiry_value, p.date_created, 'active'
FROM replay.deal d
JOIN projects p ON p.monday_id = d.project_id
WHERE d.engaged IS NOT NULL;
INSERT INTO project_history (
    project_id, valid_from, project_uuid, item_name, account, product_type, type, pipeline_stage, new_enquiry_value,
    total_order_value, date_created, date_order_received, follow_up_date, gestation_period, state)
SELECT p.monday_id, coalesce(d.closed, date '2017-12-31'), p.id, p.item_name, p.account, p.product_type,
       p.type, p.pipeline_stage, p.new_enquiry_value, p.total_order_value, p.date_created, p.date_order_received,
       p.follow_up_date, p.gestation_period, p.state
FROM replay.deal d
JOIN projects p ON p.monday_id = d.project_id;
ANALYZE projects, project_history;

-- What every deal that is open at the end of a day is thought to be worth, from what had closed by then.
CREATE PROCEDURE replay.night(day date) LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC' - interval '1 microsecond';
BEGIN
    CREATE TEMP TABLE found ON COMMIT DROP AS
    SELECT a.*
    FROM compute_analyses(NULL, moment, true) a
    JOIN replay.deal d ON d.project_id = a.project_id
    WHERE d.engaged <= day AND (d.closed IS NULL OR d.closed > day);

    WITH changed AS (
        SELECT f.*
        FROM found f
        LEFT JOIN analysis_history h ON h.project_id = f.project_id AND h.valid_to IS NULL
        WHERE (h.expected_gestation_days, h.expected_conversion_rate, h.conversion_confidence)
            IS DISTINCT FROM (f.expected_gestation_days, f.expected_conversion_rate, f.conversion_confidence)
    ),
    ended AS (
        UPDATE analysis_history h SET valid_to = moment
        FROM changed c WHERE c.project_id = h.project_id AND h.valid_to IS NULL
    )
    INSERT INTO analysis_history (project_id, valid_from, expected_gestation_days, gestation_confidence,
                                  expected_conversion_rate, conversion_confidence, rating_score, analysis_timestamp, llm_status)
    SELECT project_id, moment, expected_gestation_days, gestation_confidence, expected_conversion_rate,
           conversion_confidence, rating, moment, 'none'
    FROM changed;
    PERFORM create_pipeline_forecast_snapshot(day);
    COMMIT;
END $$;

SELECT format('CALL replay.night(%L)', day) FROM replay.night_of ORDER BY day \gexec
ALTER TABLE analysis_results DISABLE TRIGGER analysis_results_history_insert;
INSERT INTO analysis_results (project_id, expected_gestation_days, gestation_confidence, expected_conversion_rate,
                              conversion_confidence, rating_score, analysis_timestamp)
SELECT project_id, expected_gestation_days, gestation_confidence, expected_conversion_rate, conversion_confidence,
       rating_score, analysis_timestamp
FROM analysis_history WHERE valid_to IS NULL;
ALTER TABLE analysis_results ENABLE TRIGGER analysis_results_history_insert;
VACUUM (ANALYZE) analysis_history, pipeline_forecast_snapshot, pipeline_forecast_snapshot_day;
