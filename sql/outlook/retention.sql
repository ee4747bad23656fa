-- Which runs of the outlook are kept.

CREATE OR REPLACE FUNCTION pipeline_data.remove_expired_outlook() RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
DECLARE
    expired integer[];
    name text;
BEGIN
    PERFORM require_writable('remove old runs of the outlook');
    expired := ARRAY(
        SELECT r.run_id
        FROM outlook_run r
        WHERE r.created_at < now() - make_interval(days => pipeline_setting('outlook_retention_days')::integer)
          AND r.run_id <> (SELECT n.run_id FROM outlook_newest_run n)
          AND NOT (is_month_start(r.as_of) AND EXISTS (SELECT FROM outlook_valid_run v WHERE v.run_id = r.run_id)));
    FOREACH name IN ARRAY ARRAY['outlook_factor', 'outlook_project', 'outlook_new_month', 'outlook_month', 'outlook_record', 'outlook_run'] LOOP
        EXECUTE format('DELETE FROM %I WHERE run_id = ANY ($1)', name) USING expired;
    END LOOP;
    RETURN cardinality(expired);
END;
$$;
COMMENT ON FUNCTION pipeline_data.remove_expired_outlook() IS
    'Removes the runs of the outlook that were stored longer ago than outlook_retention_days says, but for the newest and those of month starts. Returns how many.';
ALTER FUNCTION pipeline_data.remove_expired_outlook() DEPENDS ON EXTENSION pipeline_forecast;
