-- The outlook of the past, and of today without being asked. Both commit after each run, so that no long transaction holds
-- back vacuum and nothing is done twice; therefore every name is qualified.

CREATE PROCEDURE pipeline.replay_outlook("from" date, "to" date)
LANGUAGE plpgsql
AS $$
DECLARE
    moment pg_catalog.timestamptz;
    done pg_catalog.int4 := 0;
    total pg_catalog.int4;
    moments pg_catalog.timestamptz[];
BEGIN
    PERFORM pipeline_internal.require_writable('replay the outlook');
    PERFORM pipeline_internal.require_layout();
    IF $1 IS NULL OR $2 IS NULL OR $1 OPERATOR(pg_catalog.>) $2 THEN
        RAISE EXCEPTION USING
            ERRCODE = CASE WHEN $1 IS NULL OR $2 IS NULL THEN '22004' ELSE '22023' END,
            MESSAGE = pg_catalog.format('cannot replay the outlook from %s to %s', coalesce($1::pg_catalog.text, 'NULL'), coalesce($2::pg_catalog.text, 'NULL')),
            HINT = 'Name the first and the last month: the outlook is fitted at the beginning of each.';
    END IF;
    moments := pipeline_internal.outlook_month_starts($1, $2);
    total := pg_catalog.cardinality(moments);
    FOREACH moment IN ARRAY moments LOOP
        -- Of a run that is there already nothing is written again.
        PERFORM pipeline.fit_outlook(moment);
        COMMIT;
        done := done OPERATOR(pg_catalog.+) 1;
        RAISE NOTICE 'outlook of % (% of %)', pg_catalog.to_char(pg_catalog.timezone('UTC', moment), 'YYYY-MM-DD'), done, total;
    END LOOP;
END;
$$;
COMMENT ON PROCEDURE pipeline.replay_outlook(date, date) IS
    'Fits the outlook at each month start from a month to another, oldest first, each from what was known then, and commits after each. May be broken off and called again: runs over the same history are there already. Call it after history was imported. Errors: 22004, 22023.';

CREATE PROCEDURE pipeline.maintain_outlook()
LANGUAGE plpgsql
AS $$
DECLARE
    moment pg_catalog.timestamptz;
    failure pg_catalog.text;
BEGIN
    PERFORM pipeline_internal.require_writable('fit the outlook');
    PERFORM pipeline_internal.require_layout();
    FOREACH moment IN ARRAY ARRAY(SELECT d FROM pipeline_internal.outlook_due() d) LOOP
        failure := pipeline_internal.try_to_fit_outlook(moment);
        COMMIT;
        IF failure IS NOT NULL THEN
            RAISE EXCEPTION USING
                ERRCODE = '55000',
                MESSAGE = pg_catalog.format('could not fit the outlook of %s', pg_catalog.to_char(pg_catalog.timezone('UTC', moment), 'YYYY-MM-DD HH24:MI')),
                DETAIL = failure,
                HINT = 'The last run stays. The next call tries again.';
        END IF;
    END LOOP;
END;
$$;
COMMENT ON PROCEDURE pipeline.maintain_outlook() IS
    'What a job calls every ten minutes: fits the outlook where it is due (after the daily snapshot, after a large import, and at month starts of the last 24 months that have no run), and commits after each. Error 55000 where a run failed, once that is recorded in refresh_log.';
