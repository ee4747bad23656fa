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
AS 'MODULE_PATHNAME', 'pipeline_waterfall_changes';
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
    IF by NOT IN ('stage_bucket', 'forecast_month') AND by <> ALL (attributes_of_day()) THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('cannot split a waterfall by "%s"', by),
            HINT = 'Use stage_bucket, forecast_month, account, type, category, product_type, pipeline_stage or sales_representative, or leave the argument out.';
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

CREATE FUNCTION pipeline_internal.waterfall_bars() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY['opening', 'created', 'won', 'lost', 'value_up', 'value_down', 'probability_up', 'probability_down',
             'pulled_in', 'pushed_out', 'moved_earlier', 'moved_later', 'reassigned_in', 'reassigned_out', 'month_ended',
             'removed', 'closing'];
COMMENT ON FUNCTION pipeline_internal.waterfall_bars() IS
    'The bars of a waterfall in their order. Projects are reassigned only from one attribute to another: a waterfall of the whole, or by stage bucket or month, leaves those two out.';
