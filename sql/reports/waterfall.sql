-- What changed in the forecast between two snapshots, split into bars that add up to the difference, to the cent.

CREATE TYPE pipeline.forecast_change AS (
    bar text,
    stage_bucket text,
    forecast_month date,
    expected_value numeric,
    committed_value numeric
);
COMMENT ON TYPE pipeline.forecast_change IS 'Part of a bar of a waterfall: what one project adds to it in a bucket and month.';

CREATE FUNCTION pipeline_internal.forecast_changes(
    opening_day date, opening_bucket text, opening_month date, opening_contract numeric,
    opening_probability numeric, opening_expected numeric, opening_committed numeric,
    closing_day date, closing_bucket text, closing_month date, closing_contract numeric,
    closing_probability numeric, closing_expected numeric, closing_committed numeric
) RETURNS forecast_change[]
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pipeline_forecast_changes';
COMMENT ON FUNCTION pipeline_internal.forecast_changes(date, text, date, numeric, numeric, numeric, numeric, date, text, date, numeric, numeric, numeric, numeric) IS
    'The steps from one state of a project to another; a bucket of NULL is no state. What lies outside the 12 months of its day counts 0.';

CREATE FUNCTION pipeline_internal.snapshot_on_or_before(day date, argument text) RETURNS date
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    found date;
    earliest date;
BEGIN
    IF day IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '22004',
            MESSAGE = format('%s must not be null', argument),
            HINT = 'Name a day; the newest snapshot of that day or before is taken.';
    END IF;
    SELECT max(d.snapshot_date) FILTER (WHERE d.snapshot_date <= day), min(d.snapshot_date) INTO found, earliest
    FROM pipeline_forecast_snapshot_day d;
    IF found IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '55000',
            MESSAGE = format('there is no forecast snapshot on or before %s', day),
            HINT = CASE WHEN earliest IS NULL
                THEN 'Take one with create_pipeline_forecast_snapshot(), for past days from history.'
                ELSE format('The first snapshot is of %s; earlier days can be taken from history with create_pipeline_forecast_snapshot().', earliest) END;
    END IF;
    RETURN found;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.snapshot_on_or_before(date, text) IS
    'The day of the newest snapshot not later than a day. Errors: 22004 null, 55000 where there is none.';

CREATE FUNCTION pipeline_internal.require_waterfall_arguments(from_date date, to_date date, by text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_layout();
    IF from_date > to_date THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('from_date %s is after to_date %s', from_date, to_date),
            HINT = 'A waterfall leads from an earlier snapshot to a later one.';
    END IF;
    IF by NOT IN ('stage_bucket', 'forecast_month', 'account', 'type', 'category', 'product_type') THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('cannot split a waterfall by "%s"', by),
            HINT = 'Use stage_bucket, forecast_month, account, type, category or product_type, or leave the argument out.';
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.require_waterfall_arguments(date, date, text) IS
    'Errors of arguments of a waterfall.';

CREATE FUNCTION pipeline_internal.snapshot_moment(day date) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT CASE WHEN d.source = 'history' THEN end_of_day($1) ELSE d.created_at END
    FROM pipeline_forecast_snapshot_day d WHERE d.snapshot_date = $1
$$;
COMMENT ON FUNCTION pipeline_internal.snapshot_moment(date) IS
    'The moment whose state the snapshot of a day holds.';

-- Both snapshots of each project and the steps between them. A project that is in only one of the two was created or
-- removed, or it lay outside the 12 months at the other day: then history knows what it was worth.
CREATE FUNCTION pipeline_internal.waterfall_parts(opening date, closing date)
RETURNS TABLE(project_id text, bar text, stage_bucket text, forecast_month date, expected_value numeric, committed_value numeric)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
ROWS 10000
SET search_path FROM CURRENT
SET jit = off
SET work_mem = '64MB'
AS $$
DECLARE
    opened timestamptz := snapshot_moment(opening);
    closed timestamptz := snapshot_moment(closing);
BEGIN
    RETURN QUERY
    WITH pair AS MATERIALIZED (
        SELECT coalesce(o.project_id, c.project_id) AS project_id,
               o.stage_bucket AS o_bucket, o.forecast_month AS o_month, o.contract_value AS o_contract,
               o.probability AS o_probability, o.expected_value AS o_expected, o.committed_value AS o_committed,
               c.stage_bucket AS c_bucket, c.forecast_month AS c_month, c.contract_value AS c_contract,
               c.probability AS c_probability, c.expected_value AS c_expected, c.committed_value AS c_committed
        FROM (SELECT * FROM pipeline_forecast_snapshot s WHERE s.snapshot_date = opening) o
        FULL JOIN (SELECT * FROM pipeline_forecast_snapshot s WHERE s.snapshot_date = closing) c
            ON c.project_id = o.project_id
        WHERE (o.stage_bucket, o.forecast_month, o.contract_value, o.probability, o.expected_value, o.committed_value)
            IS DISTINCT FROM
              (c.stage_bucket, c.forecast_month, c.contract_value, c.probability, c.expected_value, c.committed_value)
    ),
    step AS (
        SELECT p.project_id, forecast_changes(
            opening, p.o_bucket, p.o_month, p.o_contract, p.o_probability, p.o_expected, p.o_committed,
            closing, p.c_bucket, p.c_month, p.c_contract, p.c_probability, p.c_expected, p.c_committed) AS changes
        FROM pair p
        WHERE p.o_bucket IS NOT NULL AND p.c_bucket IS NOT NULL
        UNION ALL
        SELECT p.project_id, forecast_changes(
            opening, p.o_bucket, p.o_month, p.o_contract, p.o_probability, p.o_expected, p.o_committed,
            closing, c.stage_bucket, c.forecast_month, c.contract_value, c.probability, c.expected_value, c.committed_value)
        FROM pair p
        LEFT JOIN pipeline_forecast_as_of(closed) c
            ON c.project_id = p.project_id AND (c.forecast_month < pipeline_window_start(closing)
                                                OR c.forecast_month >= pipeline_window_end(closing))
        WHERE p.c_bucket IS NULL
        UNION ALL
        SELECT p.project_id, forecast_changes(
            opening, o.stage_bucket, o.forecast_month, o.contract_value, o.probability, o.expected_value, o.committed_value,
            closing, p.c_bucket, p.c_month, p.c_contract, p.c_probability, p.c_expected, p.c_committed)
        FROM pair p
        LEFT JOIN pipeline_forecast_as_of(opened) o
            ON o.project_id = p.project_id AND (o.forecast_month < pipeline_window_start(opening)
                                                OR o.forecast_month >= pipeline_window_end(opening))
        WHERE p.o_bucket IS NULL
    )
    SELECT s.project_id, part.bar, part.stage_bucket, part.forecast_month, part.expected_value, part.committed_value
    FROM step s
    CROSS JOIN LATERAL unnest(s.changes) AS part;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.waterfall_parts(date, date) IS
    'The parts of all bars between two snapshots, by project.';

CREATE FUNCTION pipeline_internal.waterfall_bars() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY['opening', 'created', 'won', 'lost', 'value_up', 'value_down', 'probability_up', 'probability_down',
             'pulled_in', 'pushed_out', 'removed', 'closing'];
COMMENT ON FUNCTION pipeline_internal.waterfall_bars() IS 'The bars of a waterfall in their order.';

-- Attributes are those of today, so that a project stands in one group on both days.
CREATE FUNCTION pipeline_internal.waterfall_segment(
    by text, stage_bucket text, forecast_month date, account text, type text, category text, product_type text
) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT CASE $1
        WHEN 'stage_bucket' THEN $2
        WHEN 'forecast_month' THEN to_char($3::timestamp, 'YYYY-MM')
        WHEN 'account' THEN coalesce(nullif(btrim($4), ''), '(none)')
        WHEN 'type' THEN coalesce(nullif(btrim($5), ''), '(none)')
        WHEN 'category' THEN coalesce(nullif(btrim($6), ''), '(none)')
        WHEN 'product_type' THEN coalesce(nullif(btrim($7), ''), '(none)')
        ELSE '(all)' END
$$;
COMMENT ON FUNCTION pipeline_internal.waterfall_segment(text, text, date, text, text, text, text) IS
    'The group that a row belongs to in a waterfall.';
