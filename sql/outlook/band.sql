-- Bands of any part of the outlook. With the rights of the owner of the tables: readers see what it adds up, not its rows.

CREATE OR REPLACE FUNCTION pipeline.outlook_band(
    first_month date DEFAULT NULL,
    last_month date DEFAULT NULL,
    account text DEFAULT NULL,
    type text DEFAULT NULL,
    category text DEFAULT NULL,
    product_type text DEFAULT NULL,
    pipeline_stage text DEFAULT NULL,
    sales_representative text DEFAULT NULL,
    project_ids text[] DEFAULT NULL,
    q double precision DEFAULT 0.5
) RETURNS TABLE(
    as_of timestamptz,
    from_month date,
    to_month date,
    project_count bigint,
    pipeline_value numeric,
    new_value numeric,
    expected_value numeric,
    p10 numeric,
    p50 numeric,
    p90 numeric,
    value numeric,
    k1 double precision,
    k2 double precision,
    k3 double precision,
    l0 double precision,
    neg double precision,
    s double precision,
    past_months integer
)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SECURITY DEFINER
SET search_path FROM CURRENT
SET jit = off
-- Filters that are not given must cost nothing.
SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
    run record;
    begins date;
    opening integer;
    closing integer;
    wanted text;
    existing double precision[];
    coming double precision[];
BEGIN
    PERFORM require_layout();
    SELECT r.run_id, r.as_of, r.value_cv2 INTO run FROM outlook_newest_run r;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    begins := pipeline_forecast_month(timezone('UTC', run.as_of)::date);
    opening := coalesce(months_between(begins, pipeline_forecast_month($1)), 0);
    closing := coalesce(months_between(begins, pipeline_forecast_month($2)), 11);
    IF opening < 0 OR closing > 11 OR opening > closing OR NOT coalesce($10 BETWEEN 0 AND 1, false) THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = CASE WHEN opening < 0 OR closing > 11 OR opening > closing
                THEN format('the outlook has no months from %s to %s', coalesce($1, begins), coalesce($2, (begins + interval '11 months')::date))
                ELSE format('q must be between 0 and 1, not %s', coalesce($10::text, 'NULL')) END,
            HINT = format('It has twelve months from %s on; q is a probability.', to_char(begins, 'YYYY-MM'));
    END IF;
    -- From now on to a month has columns of its own, which know that a project is won once.
    wanted := CASE WHEN opening = 0 AND closing > 0 THEN 'cumulated' ELSE 'month' END;

    SELECT count(*) FILTER (WHERE m.horizon = closing), outlook_sum(p.months, m.horizon, wanted = 'cumulated', p.win_value, run.value_cv2, m.c)
    INTO project_count, existing
    FROM outlook_month m
    JOIN outlook_project p ON p.run_id = m.run_id
    LEFT JOIN project_dimension d ON d.project_id = p.project_id
    WHERE m.run_id = run.run_id AND m.part = 'total' AND m.span = wanted
      AND m.horizon BETWEEN CASE WHEN wanted = 'cumulated' THEN closing ELSE opening END AND closing
      AND ($3 IS NULL OR d.account = $3)
      AND ($4 IS NULL OR d.type = $4)
      AND ($5 IS NULL OR d.category = $5)
      AND ($6 IS NULL OR d.product_type = $6)
      AND ($7 IS NULL OR d.pipeline_stage = $7)
      AND ($8 IS NULL OR d.sales_representative = $8)
      AND ($9 IS NULL OR p.project_id = ANY ($9));
    -- Of a project that does not exist yet nothing but its type is known.
    SELECT CASE WHEN wanted = 'cumulated' THEN ARRAY[sum(n.ck1), sum(n.ck2), sum(n.ck3), sum(n.cl0), sum(n.neg)]
                ELSE ARRAY[sum(n.k1), sum(n.k2), sum(n.k3), sum(n.l0), sum(n.neg)] END
    INTO coming
    FROM outlook_new_month n
    WHERE n.run_id = run.run_id
      AND n.month BETWEEN begins + make_interval(months => CASE WHEN wanted = 'cumulated' THEN closing ELSE opening END)
                      AND begins + make_interval(months => closing)
      AND ($4 IS NULL OR n.type = $4)
      AND coalesce($3, $5, $6, $7, $8) IS NULL AND $9 IS NULL;
    -- Of several months the widest: they may move together.
    SELECT max(m.shock), min(m.past_months) INTO s, past_months
    FROM outlook_month m
    WHERE m.run_id = run.run_id AND m.part = 'total' AND m.span = wanted
      AND m.horizon BETWEEN CASE WHEN wanted = 'cumulated' THEN closing ELSE opening END AND closing;

    as_of := run.as_of;
    from_month := (begins + make_interval(months => opening))::date;
    to_month := (begins + make_interval(months => closing))::date;
    k1 := existing[1] + coalesce(coming[1], 0);
    k2 := existing[2] + coalesce(coming[2], 0);
    k3 := existing[3] + coalesce(coming[3], 0);
    l0 := existing[4] + coalesce(coming[4], 0);
    neg := existing[5] + coalesce(coming[5], 0);
    pipeline_value := round(existing[1]::numeric, 2);
    new_value := round(coalesce(coming[1], 0)::numeric, 2);
    expected_value := round(k1::numeric, 2);
    p10 := round(outlook_quantile(k1, k2, k3, l0, neg, s, 0.1)::numeric, 2);
    p50 := round(outlook_quantile(k1, k2, k3, l0, neg, s, 0.5)::numeric, 2);
    p90 := round(outlook_quantile(k1, k2, k3, l0, neg, s, 0.9)::numeric, 2);
    value := round(outlook_quantile(k1, k2, k3, l0, neg, s, $10)::numeric, 2);
    RETURN NEXT;
END;
$$;
COMMENT ON FUNCTION pipeline.outlook_band(date, date, text, text, text, text, text, text, text[], double precision) IS
    'The band of any part of the newest outlook: of the months from first_month to last_month (default all twelve, from now on), of projects that have the given attributes today, and of new projects where nothing but a type is given. value is the amount that the sum stays below with probability q. A span that does not begin now adds its months up, which is a little too wide. No row before the first run. Error 22023 for months that the outlook does not have, and for q.';
ALTER FUNCTION pipeline.outlook_band(date, date, text, text, text, text, text, text, text[], double precision) DEPENDS ON EXTENSION pipeline_forecast;

CREATE OR REPLACE FUNCTION pipeline.outlook_probability(
    first_month date DEFAULT NULL,
    last_month date DEFAULT NULL,
    account text DEFAULT NULL,
    type text DEFAULT NULL,
    category text DEFAULT NULL,
    product_type text DEFAULT NULL,
    pipeline_stage text DEFAULT NULL,
    sales_representative text DEFAULT NULL,
    project_ids text[] DEFAULT NULL,
    at_least numeric DEFAULT 0
) RETURNS double precision
LANGUAGE sql STABLE PARALLEL SAFE
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
    SELECT outlook_probability_at_least(b.k1, b.k2, b.k3, b.l0, b.neg, b.s, $10::double precision)
    FROM outlook_band($1, $2, $3, $4, $5, $6, $7, $8, $9) b
$$;
COMMENT ON FUNCTION pipeline.outlook_probability(date, date, text, text, text, text, text, text, text[], numeric) IS
    'The probability that a part of the newest outlook, chosen as in outlook_band(), reaches an amount: that a target is hit. NULL before the first run.';
ALTER FUNCTION pipeline.outlook_probability(date, date, text, text, text, text, text, text, text[], numeric) DEPENDS ON EXTENSION pipeline_forecast;
