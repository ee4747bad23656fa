-- How projects move, read from their history: dates that slip, and how long a stage lasts.
-- Readers of reports see no table: these functions read history and snapshots with the rights of their owner.

CREATE OR REPLACE FUNCTION pipeline.forecast_slippage(from_date date DEFAULT NULL, to_date date DEFAULT NULL)
RETURNS TABLE(
    project_id text,
    project_name text,
    account text,
    pipeline_stage text,
    push_count integer,
    pull_count integer,
    days_pushed integer,
    days_pulled integer,
    net_days integer,
    first_date date,
    last_date date,
    last_moved date
)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SECURITY DEFINER
SET search_path FROM CURRENT
SET jit = off
AS $$
BEGIN
    PERFORM require_layout();
    IF from_date > to_date THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('from_date %s is after to_date %s', from_date, to_date),
            HINT = 'Leave an argument out to look at all of history.';
    END IF;
    RETURN QUERY
    WITH day AS (
        -- What stood at the end of a day: a typing error that was corrected at once is no move.
        SELECT DISTINCT ON (h.project_id, timezone('UTC', h.valid_from)::date)
            h.project_id,
            timezone('UTC', h.valid_from)::date AS day,
            -- An order, a loss or a removal ends the slipping: the date then says when it happened.
            CASE WHEN h.state = 'active' AND h.date_order_received IS NULL
                      AND CASE WHEN s.stage IS NULL THEN any_other.stage_bucket ELSE s.stage_bucket END = 'Open'
                      AND isfinite(coalesce(h.expected_start_date, h.follow_up_date))
                 THEN coalesce(h.expected_start_date, h.follow_up_date) END AS stated_date
        FROM project_history h
        LEFT JOIN pipeline_stage_history s
            ON s.stage = h.pipeline_stage
            AND s.valid_from <= h.valid_from AND (s.valid_to > h.valid_from OR s.valid_to IS NULL)
        LEFT JOIN pipeline_stage_history any_other
            ON any_other.stage = '(any other)'
            AND any_other.valid_from <= h.valid_from AND (any_other.valid_to > h.valid_from OR any_other.valid_to IS NULL)
        ORDER BY h.project_id, timezone('UTC', h.valid_from)::date, h.valid_from DESC
    ),
    step AS (
        SELECT d.project_id, d.day, d.stated_date,
               lag(d.stated_date) OVER (PARTITION BY d.project_id ORDER BY d.day) AS former_date
        FROM day d
    ),
    moved AS (
        SELECT m.project_id,
               count(*) FILTER (WHERE m.stated_date > m.former_date)::integer AS pushes,
               count(*) FILTER (WHERE m.stated_date < m.former_date)::integer AS pulls,
               coalesce(sum(m.stated_date - m.former_date) FILTER (WHERE m.stated_date > m.former_date), 0)::integer AS pushed,
               coalesce(sum(m.former_date - m.stated_date) FILTER (WHERE m.stated_date < m.former_date), 0)::integer AS pulled,
               (array_agg(m.former_date ORDER BY m.day))[1] AS first_date,
               (array_agg(m.stated_date ORDER BY m.day DESC))[1] AS last_date,
               max(m.day) AS last_moved
        FROM step m
        WHERE m.stated_date <> m.former_date
          AND (from_date IS NULL OR m.day >= from_date) AND (to_date IS NULL OR m.day <= to_date)
        GROUP BY m.project_id
    )
    SELECT m.project_id, d.project_name, d.account, d.pipeline_stage, m.pushes, m.pulls, m.pushed, m.pulled,
           m.pushed - m.pulled, m.first_date, m.last_date, m.last_moved
    FROM moved m
    LEFT JOIN vw_dim_project d ON d.project_id = m.project_id
    ORDER BY m.pushes DESC, m.pushed DESC, m.project_id;
END;
$$;
COMMENT ON FUNCTION pipeline.forecast_slippage(date, date) IS
    'Projects whose stated date (expected start, else follow-up) moved while they were open, from history: how often it was pushed out and pulled in and by how many days, by what stood at the end of each UTC day. Of moves between two days, or of all. Error 22023 for days in the wrong order.';
ALTER FUNCTION pipeline.forecast_slippage(date, date) DEPENDS ON EXTENSION pipeline_forecast;

CREATE OR REPLACE FUNCTION pipeline.stage_velocity(since date DEFAULT NULL)
RETURNS TABLE(
    pipeline_stage text,
    stage_bucket text,
    stay_count bigint,
    still_there bigint,
    to_open bigint,
    to_committed bigint,
    to_lost bigint,
    median_days numeric,
    p90_days numeric,
    mean_days_when_left numeric
)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SECURITY DEFINER
SET search_path FROM CURRENT
SET jit = off
AS $$
BEGIN
    PERFORM require_layout();
    RETURN QUERY
    WITH version AS (
        SELECT h.project_id, h.valid_from, h.state, coalesce(h.pipeline_stage, '(none)') AS stage, h.date_created,
               lag(h.state) OVER w AS former_state, lag(coalesce(h.pipeline_stage, '(none)')) OVER w AS former_stage
        FROM project_history h
        WINDOW w AS (PARTITION BY h.project_id ORDER BY h.valid_from)
    ),
    -- One row per stay in a stage: from the version that began it to the one that begins the next.
    stay AS (
        SELECT v.project_id, v.stage, v.state, v.valid_from AS began,
               lead(v.valid_from) OVER w AS ended, lead(v.stage) OVER w AS next_stage, lead(v.state) OVER w AS next_state,
               -- Of a project that history met later in its life nobody knows when its first stay began.
               v.former_state IS NOT NULL OR timezone('UTC', v.valid_from)::date - v.date_created <= 1 AS beginning_known
        FROM version v
        WHERE v.former_state IS NULL OR v.former_state <> v.state OR v.former_stage <> v.stage
        WINDOW w AS (PARTITION BY v.project_id ORDER BY v.valid_from)
    ),
    lasted AS (
        SELECT s.stage,
               -- Left for another stage; a project that was archived or deleted left the board, not the stage.
               s.ended IS NOT NULL AND s.next_state = 'active' AS is_over,
               s.ended IS NULL AS is_open,
               coalesce(next_rule.stage_bucket, any_other.stage_bucket) AS next_bucket,
               extract(epoch FROM coalesce(s.ended, now()) - s.began)::float8 / 86400 AS days
        FROM stay s
        JOIN pipeline_stage any_other ON any_other.stage = '(any other)'
        LEFT JOIN pipeline_stage next_rule ON next_rule.stage = s.next_stage
        WHERE s.state = 'active' AND s.beginning_known
          AND (stage_velocity.since IS NULL OR s.began >= stage_velocity.since::timestamp AT TIME ZONE 'UTC')
          AND coalesce(s.ended, now()) > s.began
    ),
    -- Kaplan-Meier: a stay that is not over counts for as long as it has lasted. Leaving such stays out would make
    -- every stage look faster than it is.
    survival AS (
        SELECT r.stage, r.days,
               exp(sum(CASE WHEN r.left_now < r.at_risk THEN ln(1 - r.left_now::float8 / r.at_risk) ELSE '-infinity' END)
                   OVER (PARTITION BY r.stage ORDER BY r.days)) AS share_still_there
        FROM (
            SELECT l.stage, l.days, count(*) FILTER (WHERE l.is_over) AS left_now,
                   sum(count(*)) OVER (PARTITION BY l.stage ORDER BY l.days DESC) AS at_risk
            FROM lasted l
            GROUP BY l.stage, l.days
        ) r
        WHERE r.left_now > 0
    )
    SELECT
        l.stage,
        coalesce(rule.stage_bucket, any_other.stage_bucket),
        count(*),
        count(*) FILTER (WHERE l.is_open),
        count(*) FILTER (WHERE l.is_over AND l.next_bucket = 'Open'),
        count(*) FILTER (WHERE l.is_over AND l.next_bucket = 'Committed'),
        count(*) FILTER (WHERE l.is_over AND l.next_bucket = 'Lost'),
        (SELECT round(min(s.days)::numeric, 1) FROM survival s WHERE s.stage = l.stage AND s.share_still_there <= 0.5),
        (SELECT round(min(s.days)::numeric, 1) FROM survival s WHERE s.stage = l.stage AND s.share_still_there <= 0.1),
        round(avg(l.days) FILTER (WHERE l.is_over)::numeric, 1)
    FROM lasted l
    JOIN pipeline_stage any_other ON any_other.stage = '(any other)'
    LEFT JOIN pipeline_stage rule ON rule.stage = l.stage
    GROUP BY l.stage, rule.stage_bucket, rule.sort_order, any_other.stage_bucket
    ORDER BY rule.sort_order NULLS LAST, l.stage;
END;
$$;
COMMENT ON FUNCTION pipeline.stage_velocity(date) IS
    'How long projects stay in each stage, from history: stays (of those that began on or after since), how many are not over, where they went, and the median and 90th percentile of days by Kaplan-Meier, which counts a stay that is not over for as long as it has lasted; NULL where so many are not over that nobody can tell. Stays whose beginning history did not see are left out.';
ALTER FUNCTION pipeline.stage_velocity(date) DEPENDS ON EXTENSION pipeline_forecast;
