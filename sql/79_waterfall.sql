-- What changed in the forecast between two snapshots, split into bars that add up to the difference, to the cent.

CREATE TYPE @extschema@.forecast_change AS (
    bar text,
    stage_bucket text,
    forecast_month date,
    expected_value numeric,
    committed_value numeric
);
COMMENT ON TYPE @extschema@.forecast_change IS 'Part of a bar of a waterfall: what one project adds to it in a bucket and month.';

CREATE FUNCTION @extschema@._forecast_changes(
    opening_day date, opening_bucket text, opening_month date, opening_contract numeric,
    opening_probability numeric, opening_expected numeric, opening_committed numeric,
    closing_day date, closing_bucket text, closing_month date, closing_contract numeric,
    closing_probability numeric, closing_expected numeric, closing_committed numeric
) RETURNS @extschema@.forecast_change[]
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pipeline_forecast_changes';
COMMENT ON FUNCTION @extschema@._forecast_changes(date, text, date, numeric, numeric, numeric, numeric, date, text, date, numeric, numeric, numeric, numeric) IS
    'API: private. The steps from one state of a project to another; a bucket of NULL is no state. What lies outside the 12 months of its day counts 0.';

CREATE FUNCTION @extschema@._snapshot_on_or_before(day date, argument text) RETURNS date
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
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
    FROM @extschema@.pipeline_forecast_snapshot_day d;
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
COMMENT ON FUNCTION @extschema@._snapshot_on_or_before(date, text) IS
    'API: private. The day of the newest snapshot not later than a day. Errors: 22004 null, 55000 where there is none.';

CREATE FUNCTION @extschema@._require_waterfall_arguments(from_date date, to_date date, by text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM @extschema@._require_layout();
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
COMMENT ON FUNCTION @extschema@._require_waterfall_arguments(date, date, text) IS
    'API: private. Errors of arguments of a waterfall.';

CREATE FUNCTION @extschema@._snapshot_moment(day date) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN d.source = 'history' THEN @extschema@._end_of_day($1) ELSE d.created_at END
    FROM @extschema@.pipeline_forecast_snapshot_day d WHERE d.snapshot_date = $1
$$;
COMMENT ON FUNCTION @extschema@._snapshot_moment(date) IS
    'API: private. The moment whose state the snapshot of a day holds.';

-- Both snapshots of each project and the steps between them. A project that is in only one of the two was created or
-- removed, or it lay outside the 12 months at the other day: then history knows what it was worth.
CREATE FUNCTION @extschema@._waterfall_parts(opening date, closing date)
RETURNS TABLE(project_id text, bar text, stage_bucket text, forecast_month date, expected_value numeric, committed_value numeric)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
ROWS 10000
SET search_path = pg_catalog, pg_temp
SET jit = off
SET work_mem = '64MB'
AS $$
DECLARE
    opened timestamptz := @extschema@._snapshot_moment(opening);
    closed timestamptz := @extschema@._snapshot_moment(closing);
BEGIN
    RETURN QUERY
    WITH pair AS MATERIALIZED (
        SELECT coalesce(o.project_id, c.project_id) AS project_id,
               o.stage_bucket AS o_bucket, o.forecast_month AS o_month, o.contract_value AS o_contract,
               o.probability AS o_probability, o.expected_value AS o_expected, o.committed_value AS o_committed,
               c.stage_bucket AS c_bucket, c.forecast_month AS c_month, c.contract_value AS c_contract,
               c.probability AS c_probability, c.expected_value AS c_expected, c.committed_value AS c_committed
        FROM (SELECT * FROM @extschema@.pipeline_forecast_snapshot s WHERE s.snapshot_date = opening) o
        FULL JOIN (SELECT * FROM @extschema@.pipeline_forecast_snapshot s WHERE s.snapshot_date = closing) c
            ON c.project_id = o.project_id
        WHERE (o.stage_bucket, o.forecast_month, o.contract_value, o.probability, o.expected_value, o.committed_value)
            IS DISTINCT FROM
              (c.stage_bucket, c.forecast_month, c.contract_value, c.probability, c.expected_value, c.committed_value)
    ),
    step AS (
        SELECT p.project_id, @extschema@._forecast_changes(
            opening, p.o_bucket, p.o_month, p.o_contract, p.o_probability, p.o_expected, p.o_committed,
            closing, p.c_bucket, p.c_month, p.c_contract, p.c_probability, p.c_expected, p.c_committed) AS changes
        FROM pair p
        WHERE p.o_bucket IS NOT NULL AND p.c_bucket IS NOT NULL
        UNION ALL
        SELECT p.project_id, @extschema@._forecast_changes(
            opening, p.o_bucket, p.o_month, p.o_contract, p.o_probability, p.o_expected, p.o_committed,
            closing, c.stage_bucket, c.forecast_month, c.contract_value, c.probability, c.expected_value, c.committed_value)
        FROM pair p
        LEFT JOIN @extschema@.pipeline_forecast_as_of(closed) c
            ON c.project_id = p.project_id AND (c.forecast_month < @extschema@.pipeline_window_start(closing)
                                                OR c.forecast_month >= @extschema@.pipeline_window_end(closing))
        WHERE p.c_bucket IS NULL
        UNION ALL
        SELECT p.project_id, @extschema@._forecast_changes(
            opening, o.stage_bucket, o.forecast_month, o.contract_value, o.probability, o.expected_value, o.committed_value,
            closing, p.c_bucket, p.c_month, p.c_contract, p.c_probability, p.c_expected, p.c_committed)
        FROM pair p
        LEFT JOIN @extschema@.pipeline_forecast_as_of(opened) o
            ON o.project_id = p.project_id AND (o.forecast_month < @extschema@.pipeline_window_start(opening)
                                                OR o.forecast_month >= @extschema@.pipeline_window_end(opening))
        WHERE p.o_bucket IS NULL
    )
    SELECT s.project_id, part.bar, part.stage_bucket, part.forecast_month, part.expected_value, part.committed_value
    FROM step s
    CROSS JOIN LATERAL unnest(s.changes) AS part;
END;
$$;
COMMENT ON FUNCTION @extschema@._waterfall_parts(date, date) IS
    'API: private. The parts of all bars between two snapshots, by project.';

CREATE FUNCTION @extschema@._waterfall_bars() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY['opening', 'created', 'won', 'lost', 'value_up', 'value_down', 'probability_up', 'probability_down',
             'pulled_in', 'pushed_out', 'removed', 'closing'];
COMMENT ON FUNCTION @extschema@._waterfall_bars() IS 'API: private. The bars of a waterfall in their order.';

-- Attributes are those of today, so that a project stands in one group on both days.
CREATE FUNCTION @extschema@._waterfall_segment(
    by text, stage_bucket text, forecast_month date, account text, type text, category text, product_type text
) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
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
COMMENT ON FUNCTION @extschema@._waterfall_segment(text, text, date, text, text, text, text) IS
    'API: private. The group that a row belongs to in a waterfall.';

CREATE FUNCTION @extschema@.forecast_waterfall_projects(
    from_date date,
    to_date date,
    by text DEFAULT NULL
) RETURNS TABLE(
    from_snapshot date,
    to_snapshot date,
    segment text,
    bar text,
    project_id text,
    project_name text,
    expected_value numeric,
    committed_value numeric
)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM @extschema@._require_waterfall_arguments(from_date, to_date, by);
    from_snapshot := @extschema@._snapshot_on_or_before(from_date, 'from_date');
    to_snapshot := @extschema@._snapshot_on_or_before(to_date, 'to_date');
    RETURN QUERY
    SELECT from_snapshot, to_snapshot, g.segment, w.bar, w.project_id, min(d.project_name), sum(w.expected_value),
           sum(w.committed_value)
    FROM @extschema@._waterfall_parts(from_snapshot, to_snapshot) w
    LEFT JOIN @extschema@.vw_dim_project d ON d.project_id = w.project_id
    CROSS JOIN LATERAL (SELECT @extschema@._waterfall_segment(
        by, w.stage_bucket, w.forecast_month, d.account, d.type, d.category, d.product_type) AS segment) g
    GROUP BY g.segment, w.bar, w.project_id
    -- A move from one month to another is none of the whole.
    HAVING sum(w.expected_value) <> 0 OR sum(w.committed_value) <> 0;
END;
$$;
REVOKE ALL ON FUNCTION @extschema@.forecast_waterfall_projects(date, date, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.forecast_waterfall_projects(date, date, text) IS
    'The projects behind each bar of forecast_waterfall() and what each adds to it. Errors as there.';

CREATE FUNCTION @extschema@.forecast_waterfall(
    from_date date,
    to_date date,
    by text DEFAULT NULL
) RETURNS TABLE(
    from_snapshot date,
    to_snapshot date,
    segment text,
    "position" integer,
    bar text,
    project_count bigint,
    expected_value numeric,
    committed_value numeric
)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM @extschema@._require_waterfall_arguments(from_date, to_date, by);
    from_snapshot := @extschema@._snapshot_on_or_before(from_date, 'from_date');
    to_snapshot := @extschema@._snapshot_on_or_before(to_date, 'to_date');
    RETURN QUERY
    WITH figure AS (
        SELECT p.segment, p.bar, count(*) AS projects, sum(p.expected_value) AS expected, sum(p.committed_value) AS committed
        FROM @extschema@.forecast_waterfall_projects(from_snapshot, to_snapshot, by) p
        GROUP BY 1, 2
        UNION ALL
        SELECT g.segment, e.bar, count(*), sum(s.expected_value), sum(s.committed_value)
        FROM (VALUES (from_snapshot, 'opening'), (to_snapshot, 'closing')) AS e (day, bar)
        JOIN @extschema@.pipeline_forecast_snapshot s ON s.snapshot_date = e.day
        LEFT JOIN @extschema@.vw_dim_project d ON d.project_id = s.project_id
        CROSS JOIN LATERAL (SELECT @extschema@._waterfall_segment(
            by, s.stage_bucket, s.forecast_month, d.account, d.type, d.category, d.product_type) AS segment) g
        GROUP BY 1, 2
    )
    SELECT from_snapshot, to_snapshot, v.segment, b."position"::integer, b.bar, coalesce(f.projects, 0),
           coalesce(f.expected, 0.00), coalesce(f.committed, 0.00)
    FROM (SELECT '(all)' AS segment WHERE by IS NULL UNION SELECT x.segment FROM figure x) v
    CROSS JOIN unnest(@extschema@._waterfall_bars()) WITH ORDINALITY AS b (bar, "position")
    LEFT JOIN figure f ON f.segment = v.segment AND f.bar = b.bar
    ORDER BY v.segment, b."position";
END;
$$;
REVOKE ALL ON FUNCTION @extschema@.forecast_waterfall(date, date, text) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@.forecast_waterfall(date, date, text) IS
    'What changed in the forecast between two snapshots: opening + created + won + lost + value_up + value_down + probability_up + probability_down + pulled_in + pushed_out + removed = closing, to 0.00, for expected and for committed value; as a whole, or by stage_bucket, forecast_month, account, type, category or product_type. The newest snapshot of a day or before it is taken and named. pulled_in and pushed_out: the month moved, or came into the 12 months, or left them; removed: archived, deleted, or its month is over. Errors: 22004 null, 22023 dates in the wrong order or unknown by, 55000 no snapshot.';
