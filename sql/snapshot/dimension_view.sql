-- For reports that slice snapshots by what their projects were at the time.
CREATE OR REPLACE VIEW pipeline.vw_dim_project_of_day AS
SELECT
    v.project_id,
    v.first_day,
    CASE WHEN isfinite(v.end_day) THEN v.end_day END AS end_day,
    @list snapshot/attributes.sql v@
FROM snapshot_dimension v;

COMMENT ON VIEW pipeline.vw_dim_project_of_day IS
    'What snapshots know of their projects: attributes from first_day on, up to before end_day (NULL: still so). Join snapshots by project_id and snapshot_date >= first_day AND (end_day IS NULL OR snapshot_date < end_day); vw_dim_project has the attributes of today.';
