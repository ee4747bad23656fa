-- How good the outlook has been.

CREATE FUNCTION pipeline_internal.outlook_record_text(held bigint, judged bigint, won_count bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN judged > 0 THEN format('held %s of %s', held, judged)
    ELSE format('from %s wins, no record yet', won_count) END
    || CASE WHEN judged > 0 AND won_count < 20 THEN format(', from %s wins', won_count) ELSE '' END;
COMMENT ON FUNCTION pipeline_internal.outlook_record_text(bigint, bigint, bigint) IS
    'What a band says of itself: how often bands of its horizon held, or from how little it comes.';

-- Which of two lines was nearer, month by month; a difference within two standard errors is none.
CREATE FUNCTION pipeline_internal.better_line(
    months bigint,
    mean_difference double precision,
    deviation double precision
) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN months < 6 OR deviation IS NULL OR abs(mean_difference) <= 2 * deviation / sqrt(months) THEN 'neither'
    WHEN mean_difference > 0 THEN 'outlook'
    ELSE 'v1' END;
COMMENT ON FUNCTION pipeline_internal.better_line(bigint, double precision, double precision) IS
    'Which forecast was better by the differences of absolute errors (v1 less outlook), paired by month: outlook, v1, or neither where there are fewer than six months or it may be chance.';
