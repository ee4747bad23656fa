-- The clock and the forecast window.

-- No SET clause: the function is inlined, and its body is bound when it is made.
CREATE FUNCTION pipeline.pipeline_today() RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (timezone('UTC', now()))::date;
COMMENT ON FUNCTION pipeline.pipeline_today() IS 'Today in UTC, by the database''s clock.';

CREATE FUNCTION pipeline.pipeline_forecast_month(day date) RETURNS date
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pipeline_forecast_month';
COMMENT ON FUNCTION pipeline.pipeline_forecast_month(date) IS 'The first day of the month of a day.';

CREATE FUNCTION pipeline.pipeline_window_start(today date) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN pipeline_forecast_month(today);
COMMENT ON FUNCTION pipeline.pipeline_window_start(date) IS
    'First day of the 12 months that a forecast made on the given day covers.';

CREATE FUNCTION pipeline.pipeline_window_end(today date) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (pipeline_forecast_month(today) + make_interval(months => 12))::date;
COMMENT ON FUNCTION pipeline.pipeline_window_end(date) IS
    'First day after the 12 months that a forecast made on the given day covers.';

CREATE FUNCTION pipeline_internal.end_of_day(day date) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (day + 1)::timestamp AT TIME ZONE 'UTC' - interval '1 microsecond';
COMMENT ON FUNCTION pipeline_internal.end_of_day(date) IS
    'The last moment of a UTC day that a timestamp can tell.';

CREATE FUNCTION pipeline_internal.months_between(earlier date, later date) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (extract(year FROM later)::integer - extract(year FROM earlier)::integer) * 12
    + extract(month FROM later)::integer - extract(month FROM earlier)::integer;
COMMENT ON FUNCTION pipeline_internal.months_between(date, date) IS
    'How many months the month of one day comes after the month of another.';
