-- The statement of a waterfall. It is put together as text, so that it names its two days and reads their partitions alone,
-- and joins what its split or its filter needs and nothing else.

CREATE FUNCTION pipeline_internal.waterfall_tables(
    opening date,
    closing date,
    by text DEFAULT NULL,
    account text DEFAULT NULL,
    type text DEFAULT NULL,
    category text DEFAULT NULL
) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    -- Days and moments as text that every session reads alike.
    from_day text := to_char(opening, 'YYYY-MM-DD');
    to_day text := to_char(closing, 'YYYY-MM-DD');
    moment text := 'YYYY-MM-DD HH24:MI:SS.US+00';
    is_filtered boolean := num_nonnulls(account, type, category) > 0;
    has_attributes boolean := is_filtered OR coalesce(by = ANY (attributes_of_day()), false);
    passes text := 'passes_filter(%1$s.account, %1$s.type, %1$s.category, '
        || replace(format('%L, %L, %L', account, type, category), '%', '%%') || ')';
    -- The segment by attributes of a version; NULL where a filter does not want it.
    segment text := CASE
        WHEN is_filtered THEN format('CASE WHEN %s THEN ''(all)'' END', passes)
        WHEN has_attributes THEN format('coalesce(nullif(btrim(%%1$s.%I), ''''), ''(none)'')', by)
        ELSE '''(all)''' END;
    opening_segment text := segment;
    closing_segment text := segment;
    -- Buckets and months are those of each amount: a step from one to another has a part in both.
    own_segment text := CASE by WHEN 'stage_bucket' THEN '%1$sbucket'
                                WHEN 'forecast_month' THEN 'to_char(%1$smonth::timestamp, ''YYYY-MM'')'
                                ELSE '%2$s' END;
    wanted text := '';
    filter_join text := '';
    opening_join text := '';
    closing_join text := '';
    reassigned text := '';
    -- What was invoiced in the months that ended: of all projects read once, of the few of a filter one by one.
    invoices text := format('SELECT i.project_id, sum(i.amount_invoiced) AS amount FROM vw_invoices i '
                            'WHERE i.invoice_date >= %L AND i.invoice_date <= %L',
                            to_char(pipeline_window_start(opening), 'YYYY-MM-DD'), to_char(closing, 'YYYY-MM-DD'));
    invoices_join text := format('LEFT JOIN (%s GROUP BY i.project_id) v ON v.project_id = g.project_id', invoices);
BEGIN
    IF has_attributes THEN
        -- Where a snapshot did not note what it knew of a project, that of today has to do.
        opening_segment := format(
            'CASE WHEN was.project_id IS NOT NULL THEN %s ELSE (SELECT %s FROM project_dimension d WHERE d.project_id = o.project_id) END',
            format(segment, 'was'), format(segment, 'd'));
        closing_segment := format(
            'CASE WHEN became.project_id IS NOT NULL THEN %s ELSE (SELECT %s FROM project_dimension d WHERE d.project_id = c.project_id) END',
            format(segment, 'became'), format(segment, 'd'));
        opening_join := format('LEFT JOIN %s was ON was.project_id = o.project_id', attributes_on(opening));
        closing_join := format('LEFT JOIN %s became ON became.project_id = c.project_id', attributes_on(closing));
        reassigned := $sql$
            UNION ALL
            SELECT p.project_id, p.o_segment, 'reassigned_out', -p.o_expected, -p.o_committed
            FROM pair p WHERE p.c_bucket IS NOT NULL AND p.o_segment <> coalesce(p.c_segment, '')
            UNION ALL
            SELECT p.project_id, p.c_segment, 'reassigned_in', p.o_expected, p.o_committed
            FROM pair p WHERE p.o_bucket IS NOT NULL AND p.c_segment <> coalesce(p.o_segment, '')
        $sql$;
    END IF;
    IF is_filtered THEN
        wanted := format(
            'wanted AS MATERIALIZED (SELECT v.project_id FROM snapshot_dimension v WHERE v.first_day <= %L AND v.end_day > %L AND %s '
            'UNION SELECT d.project_id FROM project_dimension d WHERE %s),',
            to_day, from_day, format(passes, 'v'), format(passes, 'd'));
        filter_join := 'JOIN wanted w ON w.project_id = s.project_id';
        invoices_join := format(
            'LEFT JOIN LATERAL (%s AND i.project_id = g.project_id GROUP BY i.project_id) v ON g.bar = ''month_ended''', invoices);
    END IF;
    RETURN format($sql$
        WITH %1$s pair AS MATERIALIZED (
            SELECT * FROM (
                SELECT coalesce(o.project_id, c.project_id) AS project_id,
                       CASE WHEN o.project_id IS NOT NULL THEN %2$s END AS o_segment,
                       o.stage_bucket AS o_bucket, o.forecast_month AS o_month, o.contract_value AS o_contract,
                       o.probability AS o_probability, o.expected_value AS o_expected, o.committed_value AS o_committed,
                       CASE WHEN c.project_id IS NOT NULL THEN %3$s END AS c_segment,
                       c.stage_bucket AS c_bucket, c.forecast_month AS c_month, c.contract_value AS c_contract,
                       c.probability AS c_probability, c.expected_value AS c_expected, c.committed_value AS c_committed
                FROM (SELECT s.* FROM pipeline_forecast_snapshot s %4$s WHERE s.snapshot_date = %5$L) o
                FULL JOIN (SELECT s.* FROM pipeline_forecast_snapshot s %4$s WHERE s.snapshot_date = %6$L) c
                    ON c.project_id = o.project_id
                %7$s %8$s
            ) both_days
            WHERE (o_bucket, o_month, o_contract, o_probability, o_expected, o_committed, o_segment)
                IS DISTINCT FROM (c_bucket, c_month, c_contract, c_probability, c_expected, c_committed, c_segment)
        ),
        -- A project that is in only one of the two snapshots was created or removed, or it lay outside the 12 months at the
        -- other day: then history knows what it was worth. In order, so that history is read as it lies.
        step AS (
            SELECT p.project_id, p.c_segment AS segment, forecast_changes(
                %5$L, p.o_bucket, p.o_month, p.o_contract, p.o_probability, p.o_expected, p.o_committed,
                %6$L, p.c_bucket, p.c_month, p.c_contract, p.c_probability, p.c_expected, p.c_committed) AS changes
            FROM pair p
            WHERE p.o_bucket IS NOT NULL AND p.c_bucket IS NOT NULL AND p.c_segment IS NOT NULL
            UNION ALL
            SELECT p.project_id, p.o_segment, forecast_changes(
                %5$L, p.o_bucket, p.o_month, p.o_contract, p.o_probability, p.o_expected, p.o_committed,
                %6$L, CASE WHEN c.forecast_month < %11$L OR c.forecast_month >= %12$L THEN c.stage_bucket END,
                c.forecast_month, c.contract_value, c.probability, c.expected_value, c.committed_value)
            FROM (SELECT * FROM pair WHERE c_bucket IS NULL AND o_segment IS NOT NULL ORDER BY project_id) p
            LEFT JOIN pipeline_forecast_as_of(%14$L) c ON c.project_id = p.project_id
            UNION ALL
            SELECT p.project_id, p.c_segment, forecast_changes(
                %5$L, CASE WHEN o.forecast_month < %9$L OR o.forecast_month >= %10$L THEN o.stage_bucket END,
                o.forecast_month, o.contract_value, o.probability, o.expected_value, o.committed_value,
                %6$L, p.c_bucket, p.c_month, p.c_contract, p.c_probability, p.c_expected, p.c_committed)
            FROM (SELECT * FROM pair WHERE o_bucket IS NULL AND c_segment IS NOT NULL ORDER BY project_id) p
            LEFT JOIN pipeline_forecast_as_of(%13$L) o ON o.project_id = p.project_id
        ),
        -- One that is reassigned comes along as it was, before anything else happens to it.
        part AS (
            SELECT s.project_id, %15$s AS segment, part.bar, part.expected_value, part.committed_value
            FROM step s
            CROSS JOIN LATERAL (
                SELECT u.bar, u.stage_bucket AS part_bucket, u.forecast_month AS part_month, u.expected_value, u.committed_value
                FROM unnest(s.changes) AS u) part
            %18$s
        ),
        change AS MATERIALIZED (
            SELECT g.*, CASE WHEN g.bar = 'month_ended' THEN coalesce(v.amount, 0.00) END AS invoiced_value
            FROM (
                SELECT p.segment, p.bar, p.project_id, sum(p.expected_value) AS expected_value,
                       sum(p.committed_value) AS committed_value,
                       -- A move from one month to another is none of the whole; its value is what came, or what went.
                       CASE WHEN p.bar IN ('moved_earlier', 'moved_later') THEN greatest(
                           sum(p.expected_value) FILTER (WHERE p.expected_value > 0),
                           -sum(p.expected_value) FILTER (WHERE p.expected_value < 0), 0.00) END AS moved_expected_value,
                       CASE WHEN p.bar IN ('moved_earlier', 'moved_later') THEN greatest(
                           sum(p.committed_value) FILTER (WHERE p.committed_value > 0),
                           -sum(p.committed_value) FILTER (WHERE p.committed_value < 0), 0.00) END AS moved_committed_value
                FROM part p
                GROUP BY p.segment, p.bar, p.project_id
            ) g
            %21$s
            WHERE g.expected_value <> 0 OR g.committed_value <> 0 OR g.moved_expected_value <> 0 OR g.moved_committed_value <> 0
        ),
        -- The opening is read; the closing differs from it by the rows that differ, so that their day is not read again.
        opened AS MATERIALIZED (
            SELECT e.segment, count(*) AS project_count, sum(e.expected_value) AS expected_value,
                   sum(e.committed_value) AS committed_value
            FROM (
                SELECT %16$s AS segment, o.expected_value, o.committed_value
                FROM (SELECT s.*, s.stage_bucket AS o_bucket, s.forecast_month AS o_month
                      FROM pipeline_forecast_snapshot s %4$s WHERE s.snapshot_date = %5$L) o
                %19$s
            ) e
            WHERE e.segment IS NOT NULL
            GROUP BY e.segment
        ),
        edge AS (
            SELECT 'opening' AS bar, o.* FROM opened o
            UNION ALL
            SELECT 'closing', e.segment, sum(e.project_count)::bigint, sum(e.expected_value), sum(e.committed_value)
            FROM (
                SELECT * FROM opened
                UNION ALL
                SELECT %20$s, -count(*), -sum(p.o_expected), -sum(p.o_committed)
                FROM pair p WHERE p.o_segment IS NOT NULL GROUP BY 1
                UNION ALL
                SELECT %17$s, count(*), sum(p.c_expected), sum(p.c_committed)
                FROM pair p WHERE p.c_segment IS NOT NULL GROUP BY 1
            ) e
            GROUP BY e.segment
            HAVING sum(e.project_count) > 0
        )
        $sql$,
        wanted, opening_segment, closing_segment, filter_join, from_day, to_day,
        opening_join, closing_join,
        to_char(pipeline_window_start(opening), 'YYYY-MM-DD'), to_char(pipeline_window_end(opening), 'YYYY-MM-DD'),
        to_char(pipeline_window_start(closing), 'YYYY-MM-DD'), to_char(pipeline_window_end(closing), 'YYYY-MM-DD'),
        to_char(timezone('UTC', snapshot_moment(opening)), moment), to_char(timezone('UTC', snapshot_moment(closing)), moment),
        format(own_segment, 'part.part_', 's.segment'), format(own_segment, 'o.o_', opening_segment),
        format(own_segment, 'p.c_', 'p.c_segment'), reassigned, opening_join,
        format(own_segment, 'p.o_', 'p.o_segment'), invoices_join);
END;
$$;
COMMENT ON FUNCTION pipeline_internal.waterfall_tables(date, date, text, text, text, text) IS
    'The WITH of a statement over the waterfall between the snapshots of two days: change, by segment, bar and project, and edge, its opening and closing by segment. As a whole, by one of the splits of forecast_waterfall(), or of the projects of an account, type, category. Attributes are those of the two days.';
