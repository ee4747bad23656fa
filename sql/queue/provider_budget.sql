-- Several limits of one provider at once (calls and complexity of monday.com), shared by all pollers. A bucket holds a
-- quarter of the quota and is filled with the rest over the window, so that no window whatever its start sees more than
-- the quota.

CREATE FUNCTION pipeline_internal.tokens_at(
    tokens double precision,
    capacity double precision,
    refill_per_second double precision,
    refilled_at timestamptz,
    moment timestamptz
) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN least(capacity, tokens + refill_per_second * greatest(extract(epoch FROM moment - refilled_at), 0));
COMMENT ON FUNCTION pipeline_internal.tokens_at(double precision, double precision, double precision, timestamptz, timestamptz) IS
    'What a bucket holds at a moment.';

CREATE FUNCTION pipeline_internal.used_on_day(day date, used bigint, moment timestamptz) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN day = (moment AT TIME ZONE 'UTC')::date THEN used ELSE 0 END;
COMMENT ON FUNCTION pipeline_internal.used_on_day(date, bigint, timestamptz) IS
    'What was used on the day (UTC) of a moment, by a count that says of which day it is.';

CREATE FUNCTION pipeline_internal.day_quota_of(provider text, known_quota bigint) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT CASE WHEN provider = 'monday'
        THEN coalesce(nullif(pipeline_setting('monday_daily_calls')::bigint, 0), known_quota) ELSE known_quota END
$$;
COMMENT ON FUNCTION pipeline_internal.day_quota_of(text, bigint) IS
    'What may be taken of a bucket in a day: as set, else as the provider tells; NULL where nobody knows.';

CREATE FUNCTION pipeline_internal.day_quota_of_plan(bucket text, quota bigint, time_window interval) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN bucket = 'monday' AND time_window = interval '1 minute'
            THEN CASE WHEN quota >= 5000 THEN 25000 WHEN quota >= 2500 THEN 10000 ELSE 1000 END END;
COMMENT ON FUNCTION pipeline_internal.day_quota_of_plan(text, bigint, interval) IS
    'The calls of a day that go with so many calls a minute: the plans of monday.com (Enterprise, Pro, others). NULL for other buckets.';

CREATE FUNCTION pipeline_work.reserve_provider_tokens(
    buckets text[],
    wanted integer[],
    left_to_others double precision DEFAULT 0
) RETURNS interval
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    moment timestamptz;
    wait interval;
BEGIN
    PERFORM require_writable('reserve tokens of a provider');
    PERFORM require_layout();
    PERFORM require_same_length('buckets', cardinality(buckets), 'wanted', cardinality(wanted));
    IF array_position(buckets, NULL) IS NOT NULL OR array_position(wanted, NULL) IS NOT NULL OR 0 > ANY (wanted) THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = 'wanted must be zero or more, and buckets and wanted hold no nulls',
            HINT = 'Give for each bucket how much of it is to be used.';
    END IF;
    IF (left_to_others >= 0 AND left_to_others < 1) IS NOT TRUE THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('left_to_others must be from 0 to below 1, not %s', coalesce(left_to_others::text, 'NULL')),
            HINT = 'Give the share of each bucket that more urgent calls may still take, for example 0.25.';
    END IF;
    -- In one order, so that two reservations never wait for each other.
    PERFORM FROM provider_gate g WHERE g.provider = ANY (buckets) ORDER BY g.provider FOR UPDATE;
    moment := clock_timestamp();
    SELECT max(greatest(
            g.blocked_until - moment,
            -- A use that is larger than the bucket waits for a full one, and leaves it in debt.
            make_interval(secs => (least(w.amount + g.capacity * left_to_others, g.capacity) - f.available)
                / g.refill_per_second),
            -- Only what leaves a share to others keeps to our own count of the day: others may be counted, too.
            CASE WHEN left_to_others > 0 AND w.amount > 0
                      AND w.amount + used_on_day(g.day, g.day_used, moment) > day_quota_of(g.provider, g.day_quota) * (1 - left_to_others)
                 THEN date_trunc('day', moment, 'UTC') + interval '1 day' - moment END))
    INTO wait
    FROM unnest(buckets, wanted) AS w (bucket, amount)
    JOIN provider_gate g ON g.provider = w.bucket
    CROSS JOIN LATERAL tokens_at(g.tokens, g.capacity, g.refill_per_second, g.refilled_at, moment)
        AS f (available);
    IF wait > interval '0' THEN
        RETURN wait;
    END IF;
    UPDATE provider_gate g
    SET tokens = tokens_at(g.tokens, g.capacity, g.refill_per_second, g.refilled_at, moment) - w.amount,
        refilled_at = moment,
        day = (moment AT TIME ZONE 'UTC')::date,
        day_used = used_on_day(g.day, g.day_used, moment) + w.amount
    FROM unnest(buckets, wanted) AS w (bucket, amount)
    WHERE g.provider = w.bucket AND g.capacity IS NOT NULL;
    RETURN interval '0';
END;
$$;
COMMENT ON FUNCTION pipeline_work.reserve_provider_tokens(text[], integer[], double precision) IS
    'Takes from several buckets at once, all or nothing: returns 0 where everything was granted, else how long until it can be, and nothing was taken. What is not urgent leaves a share of each bucket to others, and of the calls of the day. A shut gate counts; a bucket without a row or a capacity is not limited. Errors: 22004, 22023.';

CREATE FUNCTION pipeline_work.settle_provider_tokens(buckets text[], used integer[], remaining integer[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_writable('settle tokens of a provider');
    PERFORM require_layout();
    PERFORM require_same_length('buckets', cardinality(buckets), 'used', cardinality(used));
    PERFORM require_same_length('buckets', cardinality(buckets), 'remaining', cardinality(remaining));
    PERFORM FROM provider_gate g WHERE g.provider = ANY (buckets) ORDER BY g.provider FOR UPDATE;
    -- What the provider says is left counts where it is less than our own count: others may use the same account.
    UPDATE provider_gate g
    SET tokens = least(g.tokens - coalesce(s.amount, 0), s.left_over)
    FROM unnest(buckets, used, remaining) AS s (bucket, amount, left_over)
    WHERE g.provider = s.bucket AND g.capacity IS NOT NULL;
END;
$$;
COMMENT ON FUNCTION pipeline_work.settle_provider_tokens(text[], integer[], integer[]) IS
    'After a call: takes what it used beyond its reservation (gives back what is negative), and adopts what the provider says is left (NULL = says nothing) where that is less. Errors: 22004, 22023.';

CREATE FUNCTION pipeline_work.set_provider_quota(bucket text, quota bigint, time_window interval) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    seconds double precision := extract(epoch FROM time_window);
BEGIN
    PERFORM require_writable('set the quota of a provider');
    PERFORM require_layout();
    IF bucket IS NULL OR quota IS NULL OR quota < 4 OR seconds IS NULL OR seconds <= 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('a quota of %s in %s makes no sense', coalesce(quota::text, 'NULL'), coalesce(time_window::text, 'NULL')),
            HINT = 'Give the bucket, at least 4, and the time in which so much may be used.';
    END IF;
    INSERT INTO provider_gate AS g (provider, tokens, capacity, refill_per_second, day_quota)
    VALUES (bucket, quota / 4.0, quota / 4.0, quota * 0.75 / seconds, day_quota_of_plan(bucket, quota, time_window))
    ON CONFLICT (provider) DO UPDATE
    SET tokens = least(coalesce(g.tokens, excluded.tokens), excluded.tokens),
        capacity = excluded.capacity, refill_per_second = excluded.refill_per_second, day_quota = excluded.day_quota
    WHERE g.day_quota IS DISTINCT FROM excluded.day_quota OR g.capacity IS DISTINCT FROM excluded.capacity OR g.refill_per_second IS DISTINCT FROM excluded.refill_per_second;
END;
$$;
COMMENT ON FUNCTION pipeline_work.set_provider_quota(text, bigint, interval) IS
    'Limits what all pollers together use of a bucket to a quota in any window of that length; calls of monday.com in a minute tell the plan, and with it the calls of a day. Error 22023.';
