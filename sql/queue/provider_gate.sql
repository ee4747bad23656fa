-- What all pollers together observe towards a provider: when it wants to be left alone, and how fast it may be asked.

CREATE FUNCTION pipeline_work.block_provider(provider text, wait interval, reason text) RETURNS timestamptz
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
DECLARE
    shut_until timestamptz;
BEGIN
    PERFORM require_queue('block a provider');
    IF provider IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '22004',
            MESSAGE = 'provider must not be null',
            HINT = 'Name the provider as in job_type.provider, for example monday.';
    END IF;
    IF wait IS NULL OR wait < interval '0' THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('wait must be zero or longer, not %s', coalesce(wait::text, 'NULL')),
            HINT = 'Give the time that the provider asked for. UPDATE provider_gate SET blocked_until = NULL opens a gate.';
    END IF;
    INSERT INTO provider_gate AS gate (provider, blocked_until, reason)
    VALUES (block_provider.provider, clock_timestamp() + wait, left(block_provider.reason, 1000))
    ON CONFLICT (provider) DO UPDATE
    SET blocked_until = excluded.blocked_until, reason = excluded.reason
    -- Of two answers the one that asks for more patience counts.
    WHERE gate.blocked_until IS NULL OR gate.blocked_until < excluded.blocked_until;
    SELECT g.blocked_until INTO shut_until
    FROM provider_gate g WHERE g.provider = block_provider.provider;
    RETURN shut_until;
END;
$$;
COMMENT ON FUNCTION pipeline_work.block_provider(text, interval, text) IS
    'Shuts the gate of a provider for some time: jobs of its types are not claimed meanwhile. Never shortens a longer block. Returns when the gate opens. Errors: 22004, 22023.';

CREATE FUNCTION pipeline_work.take_provider_tokens(provider text, wanted integer) RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    moment timestamptz;
    gate record;
    available double precision;
    granted integer;
BEGIN
    PERFORM require_queue('take tokens of a provider');
    IF provider IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '22004',
            MESSAGE = 'provider must not be null',
            HINT = 'Name the provider as in job_type.provider, for example monday.';
    END IF;
    IF wanted IS NULL OR wanted < 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('wanted must be zero or more, not %s', coalesce(wanted::text, 'NULL')),
            HINT = 'Give the number of requests that are to be made.';
    END IF;
    SELECT * INTO gate FROM provider_gate g WHERE g.provider = take_provider_tokens.provider FOR UPDATE;
    moment := clock_timestamp();
    IF gate.blocked_until > moment THEN
        RETURN 0;
    END IF;
    IF gate.capacity IS NULL THEN
        RETURN wanted;
    END IF;
    available := least(gate.capacity, gate.tokens + gate.refill_per_second
        * greatest(extract(epoch FROM moment - gate.refilled_at), 0));
    granted := least(wanted, floor(available)::integer);
    UPDATE provider_gate g
    SET tokens = available - granted, refilled_at = moment
    WHERE g.provider = take_provider_tokens.provider;
    RETURN granted;
END;
$$;
COMMENT ON FUNCTION pipeline_work.take_provider_tokens(text, integer) IS
    'Takes up to so many tokens from the bucket that all pollers share and returns how many were granted: 0 while the gate is shut, all where the provider has no bucket. Errors: 22004, 22023.';
