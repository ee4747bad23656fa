-- What the forecast rests on: what is not known of the projects that are still open, and what share of the money that is.

-- Whatever is won and closed, or lost, needs no forecast any more and is left out.
CREATE OR REPLACE VIEW pipeline_data.forecast_evidence AS
SELECT
    e.project_id,
    e.project_name,
    e.account,
    e.pipeline_stage,
    (e.forecast).contract_value,
    (e.forecast).expected_value,
    array_remove(ARRAY[
        CASE WHEN (e.forecast).contract_value = 0 THEN 'no_value' END,
        CASE e.date_source WHEN 'current_date_default' THEN 'no_date' WHEN 'date_created' THEN 'no_planned_date' END,
        CASE WHEN e.probability_source = 'stage_default' OR e.is_weak_model THEN 'no_probability' END,
        CASE WHEN e.stage_rule <> '(any other)' THEN NULL
             WHEN e.pipeline_stage IS NULL OR btrim(e.pipeline_stage) = '' THEN 'no_stage'
             WHEN e.pipeline_stage <> '(any other)' THEN 'stage_without_rule' END,
        CASE WHEN e.is_linkable AND NOT EXISTS (
            SELECT FROM subitems s
            WHERE s.parent_monday_id = e.project_id AND s.state = 'active' AND s.hidden_item_id IS NOT NULL)
            THEN 'no_link' END,
        CASE WHEN e.is_past_due THEN 'past_due' END
    ], NULL) AS findings
FROM (
    SELECT
        i.project_id,
        coalesce(nullif(i.project_name, ''), i.item_name) AS project_name,
        i.account,
        i.pipeline_stage,
        i.stage_rule,
        pipeline_forecast_values(
            i.stage_bucket, i.total_order_value, i.new_enquiry_value,
            @list forecast/model_rate.sql@, i.probability_percent, i.default_probability,
            i.conversion_confidence, i.default_spread) AS forecast,
        pipeline_forecast_date_source(
            i.date_order_received, i.expected_start_date, i.follow_up_date, i.date_created, i.expected_gestation_days
        ) AS date_source,
        pipeline_probability_source(
            i.stage_bucket, @list forecast/model_rate.sql@, i.probability_percent, i.default_probability
        ) AS probability_source,
        -- An analysis of next to nothing, where nobody stated a probability.
        i.stage_bucket = 'Open' AND i.probability_percent IS NULL
            AND coalesce(i.conversion_confidence, 0) < (SELECT model_confidence_minimum()) AS is_weak_model,
        i.stage_bucket = 'Open'
            AND coalesce(i.stated_date, i.estimated_date) < pipeline_window_start(pipeline_today()) AS is_past_due,
        -- Where there is no hidden board nothing is to be linked.
        i.board_id IN (
            SELECT b.parent_board_id FROM monday_board b WHERE b.role = 'hidden' AND b.is_active
        ) AS is_linkable
    FROM forecast_input i
    WHERE i.outcome = 'open'
    OFFSET 0
) e;

COMMENT ON VIEW pipeline_data.forecast_evidence IS
    'Every open project (neither won and closed nor lost) with what its forecast lacks, by the names of forecast_findings().';

CREATE OR REPLACE VIEW pipeline.vw_forecast_quality_projects AS
SELECT e.project_id, e.project_name, e.account, e.pipeline_stage, f.finding, e.contract_value, e.expected_value
FROM forecast_evidence e
CROSS JOIN LATERAL unnest(e.findings) AS f (finding);

COMMENT ON VIEW pipeline.vw_forecast_quality_projects IS
    'The open projects whose forecast lacks something, one row per project and finding; vw_forecast_quality counts them.';
COMMENT ON COLUMN pipeline.vw_forecast_quality_projects.finding IS 'What is missing, as vw_forecast_quality names it.';

-- Most projects share their findings with many others: these are grouped first. Shares of money weigh a credit by its
-- amount, so that they stay within 0 and 1.
CREATE OR REPLACE VIEW pipeline.vw_forecast_quality AS
WITH grouped AS MATERIALIZED (
    SELECT
        e.findings || '{open_projects}'::text[]
            || CASE WHEN e.findings && ARRAY(SELECT f.finding FROM forecast_findings() f WHERE f.is_guess) THEN '{guessed}' ELSE '{}' END::text[]
            AS findings,
        count(*) AS project_count,
        sum(e.contract_value) AS contract_value,
        sum(e.expected_value) AS expected_value,
        sum(abs(e.contract_value)) AS contract_weight,
        sum(abs(e.expected_value)) AS expected_weight
    FROM forecast_evidence e
    GROUP BY e.findings
), whole AS (
    SELECT sum(g.project_count) AS project_count, sum(g.contract_weight) AS contract_weight,
           sum(g.expected_weight) AS expected_weight
    FROM grouped g
)
SELECT
    f.sort_order,
    f.finding,
    f.is_guess,
    coalesce(part.project_count, 0)::bigint AS project_count,
    share_of(coalesce(part.project_count, 0), whole.project_count) AS project_share,
    coalesce(part.contract_value, 0.00) AS contract_value,
    share_of(coalesce(part.contract_weight, 0), whole.contract_weight) AS contract_share,
    coalesce(part.expected_value, 0.00) AS expected_value,
    share_of(coalesce(part.expected_weight, 0), whole.expected_weight) AS expected_share,
    f.about
FROM forecast_findings() f
CROSS JOIN whole
LEFT JOIN LATERAL (
    SELECT sum(g.project_count) AS project_count, sum(g.contract_value) AS contract_value,
           sum(g.expected_value) AS expected_value, sum(g.contract_weight) AS contract_weight,
           sum(g.expected_weight) AS expected_weight
    FROM grouped g
    WHERE f.finding = ANY (g.findings)
) part ON true;

COMMENT ON VIEW pipeline.vw_forecast_quality IS
    'What the forecast of the open projects rests on, now: per finding how many projects, their money, and what share of all open ones that is. open_projects is the whole, guessed those whose date, probability or stage is a default; a project may be in several.';
COMMENT ON COLUMN pipeline.vw_forecast_quality.sort_order IS 'The order in which the findings are told.';
COMMENT ON COLUMN pipeline.vw_forecast_quality.finding IS 'What is missing, in a word; vw_forecast_quality_projects names the projects.';
COMMENT ON COLUMN pipeline.vw_forecast_quality.is_guess IS 'Whether the forecast takes a default in place of a fact.';
COMMENT ON COLUMN pipeline.vw_forecast_quality.project_share IS 'Share of the open projects, 0 to 1.';
COMMENT ON COLUMN pipeline.vw_forecast_quality.contract_share IS 'Share of the contract value of the open projects, 0 to 1; a credit weighs as its amount does.';
COMMENT ON COLUMN pipeline.vw_forecast_quality.expected_share IS 'Share of the expected value of the open projects, 0 to 1; a credit weighs as its amount does.';
COMMENT ON COLUMN pipeline.vw_forecast_quality.about IS 'What is missing, and what the forecast takes instead, in words.';

CREATE OR REPLACE VIEW pipeline.vw_forecast_quality_verdict AS
SELECT
    CASE WHEN v.worst >= 0.5 THEN 'bad' WHEN v.worst >= 0.1 THEN 'warn' ELSE 'ok' END AS state,
    CASE
        WHEN v.project_count = 0 THEN 'There is no open project.'
        WHEN v.worst < 0.1 THEN 'The forecast rests on what is known of its projects.'
        WHEN v.valueless >= v.guessed THEN format('%s of the open projects have no value: the forecast misses them.', share_text(v.valueless))
        ELSE format('%s of the forecast is a guess.', share_text(v.guessed)) END AS verdict,
    v.project_count,
    v.contract_value,
    v.expected_value,
    v.guessed_value,
    v.guessed_share,
    v.detail
FROM (
    SELECT
        greatest(max(q.project_share) FILTER (WHERE q.finding = 'no_value'),
                 max(greatest(q.contract_share, q.expected_share)) FILTER (WHERE q.finding = 'guessed')) AS worst,
        coalesce(max(q.project_share) FILTER (WHERE q.finding = 'no_value'), 0) AS valueless,
        coalesce(max(greatest(q.contract_share, q.expected_share)) FILTER (WHERE q.finding = 'guessed'), 0) AS guessed,
        max(q.project_count) FILTER (WHERE q.finding = 'open_projects') AS project_count,
        max(q.contract_value) FILTER (WHERE q.finding = 'open_projects') AS contract_value,
        max(q.expected_value) FILTER (WHERE q.finding = 'open_projects') AS expected_value,
        max(q.expected_value) FILTER (WHERE q.finding = 'guessed') AS guessed_value,
        max(q.expected_share) FILTER (WHERE q.finding = 'guessed') AS guessed_share,
        string_agg(format('%s of %s open projects %s (%s)',
                          q.project_count, q.open_count, q.about,
                          CASE WHEN q.finding = 'no_value' OR q.contract_share IS NULL
                               THEN share_text(q.project_share) || ' of the projects'
                               ELSE share_text(q.contract_share) || ' of the value' END), E'\n'
                   ORDER BY q.sort_order)
            FILTER (WHERE q.project_count > 0 AND q.finding NOT IN ('open_projects', 'guessed')) AS detail
    FROM (
        SELECT o.*, max(o.project_count) FILTER (WHERE o.finding = 'open_projects') OVER () AS open_count
        FROM vw_forecast_quality o
    ) q
) v;

COMMENT ON VIEW pipeline.vw_forecast_quality_verdict IS
    'The verdict on vw_forecast_quality, one row: state is bad where half of the money is forecast by a guess or half of the open projects have no value, warn from a tenth on, else ok; verdict says so in words, detail names each finding in a line.';
COMMENT ON COLUMN pipeline.vw_forecast_quality_verdict.state IS 'ok, warn or bad.';
COMMENT ON COLUMN pipeline.vw_forecast_quality_verdict.verdict IS 'The verdict in a sentence.';
COMMENT ON COLUMN pipeline.vw_forecast_quality_verdict.project_count IS 'Open projects.';
COMMENT ON COLUMN pipeline.vw_forecast_quality_verdict.guessed_value IS 'Expected value of what is forecast by a guess.';
COMMENT ON COLUMN pipeline.vw_forecast_quality_verdict.guessed_share IS 'Its share of the expected value of the open projects, 0 to 1.';
COMMENT ON COLUMN pipeline.vw_forecast_quality_verdict.detail IS 'What is missing, a line for each finding; NULL where nothing is.';
