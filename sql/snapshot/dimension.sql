-- The attributes of projects by snapshot day: a project that is reassigned later does not move the past.

CREATE FUNCTION pipeline_internal.keep_snapshot_dimension(day date, origin text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
SET jit = off
SET work_mem = '64MB'
AS $$
DECLARE
    next_day date := coalesce(
        (SELECT min(d.snapshot_date) FROM pipeline_forecast_snapshot_day d WHERE d.snapshot_date > day), 'infinity');
BEGIN
    -- Where the version that holds on this day says something else, it ends here. Snapshots of later days, if there are any,
    -- go on with it.
    EXECUTE format($sql$
        WITH differing AS MATERIALIZED (
            SELECT f.project_id, a AS said, v AS held
            FROM pg_temp.pipeline_fresh_snapshot f
            JOIN %s
            LEFT JOIN snapshot_dimension v ON v.project_id = f.project_id AND v.first_day <= $1 AND v.end_day > $1
            WHERE v.project_id IS NULL
               OR (@list snapshot/attributes.sql a@) IS DISTINCT FROM (@list snapshot/attributes.sql v@)
        ),
        ended AS (
            UPDATE snapshot_dimension v SET end_day = $1
            FROM differing d
            WHERE v.project_id = d.project_id AND v.first_day = (d.held).first_day AND v.first_day < $1
        )
        INSERT INTO snapshot_dimension AS v (project_id, first_day, end_day, @list snapshot/attributes.sql@)
        SELECT d.project_id, $1, least(coalesce((d.held).end_day, 'infinity'), $2), @list snapshot/attributes.sql (d.said)@
        FROM differing d
        UNION ALL
        SELECT d.project_id, $2, (d.held).end_day, @list snapshot/attributes.sql (d.held)@
        FROM differing d
        WHERE (d.held).end_day > $2
        ON CONFLICT (project_id, first_day) DO UPDATE
        SET (end_day, @list snapshot/attributes.sql@) = (excluded.end_day, @list snapshot/attributes.sql excluded@)
    $sql$, CASE WHEN origin = 'history' THEN
        'project_history a ON a.project_id = f.project_id AND a.valid_from <= $3 AND (a.valid_to > $3 OR a.valid_to IS NULL)'
        ELSE 'project_dimension a ON a.project_id = f.project_id' END)
    USING day, next_day, end_of_day(day);
END;
$$;
COMMENT ON FUNCTION pipeline_internal.keep_snapshot_dimension(date, text) IS
    'Notes the attributes of the projects of the snapshot that is being taken, where they differ from what is noted for its day.';

CREATE FUNCTION pipeline_internal.attributes_of_day() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN string_to_array('@list snapshot/attributes.sql@', ', ');
COMMENT ON FUNCTION pipeline_internal.attributes_of_day() IS
    'The attributes that a snapshot knows of its projects.';

CREATE FUNCTION pipeline_internal.attributes_on(day date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT CASE WHEN EXISTS (SELECT FROM snapshot_dimension v WHERE v.first_day <= $1 AND v.end_day > $1)
        THEN format('(SELECT * FROM snapshot_dimension WHERE first_day <= %1$L AND end_day > %1$L)', to_char($1, 'YYYY-MM-DD'))
        ELSE 'project_dimension' END
$$;
COMMENT ON FUNCTION pipeline_internal.attributes_on(date) IS
    'The relation that has the attributes of projects on a snapshot day, for a FROM clause: what was noted for it, or where nothing was (rows that somebody inserted), that of today.';
