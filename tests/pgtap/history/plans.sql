-- What keeping history costs, by what the server counts and not by time.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(2);

-- The end of a version is written into the version's own page: no index has an entry of it (HOT).
INSERT INTO projects (monday_id, item_name, new_enquiry_value) SELECT 'p' || n, 'P', n FROM generate_series(1, 20) AS n;
CREATE FUNCTION pg_temp.counted(what text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    found bigint;
BEGIN
    EXECUTE format('SELECT pg_stat_get_xact_tuples_%s(''project_history''::regclass)', what) INTO found;
    RETURN found;
END $$;
SELECT pg_temp.counted('updated') AS updated, pg_temp.counted('hot_updated') AS hot \gset
UPDATE projects SET new_enquiry_value = new_enquiry_value + 1 WHERE monday_id <> 'p7';
SELECT is(pg_temp.counted('updated') - :updated, 19::bigint, 'each changed project ends a version');
SELECT cmp_ok(pg_temp.counted('hot_updated') - :hot, '>=', 15::bigint, 'in place');

SELECT * FROM finish();
ROLLBACK;
