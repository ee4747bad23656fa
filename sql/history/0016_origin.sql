-- Where a version comes from. What was kept until now was observed.
ALTER TABLE pipeline.project_history
    ADD COLUMN origin text NOT NULL DEFAULT 'observed'
        CONSTRAINT project_history_origin_known CHECK (origin IN ('observed', 'log', 'inferred'));
COMMENT ON COLUMN pipeline.project_history.origin IS
    'observed: kept by the triggers of projects as it happened; log: an activity log or a field history said so; inferred: from the dates of the project. Versions that were not observed lie before the first observed one of their project.';

ALTER TABLE pipeline.analysis_history
    ADD COLUMN origin text NOT NULL DEFAULT 'observed'
        CONSTRAINT analysis_history_origin_known CHECK (origin IN ('observed', 'replayed'));
COMMENT ON COLUMN pipeline.analysis_history.origin IS
    'observed: stored when it was made; replayed: computed later by replay_forecast_snapshots(), from what history knew of that day.';

ALTER TABLE pipeline.pipeline_forecast_snapshot
    ADD COLUMN origin text NOT NULL DEFAULT 'observed'
        CONSTRAINT pipeline_forecast_snapshot_origin_known CHECK (origin IN ('observed', 'log', 'inferred'));
COMMENT ON COLUMN pipeline.pipeline_forecast_snapshot.origin IS
    'The origin of the version of the project that the row rests on: observed, log or inferred (project_history.origin).';
-- New partitions get the comments of the table; those that are there get this one.
DO $partitions$
DECLARE
    part regclass;
BEGIN
    FOR part IN SELECT p.partition FROM snapshot_partitions() p LOOP
        EXECUTE format('COMMENT ON COLUMN %s.origin IS %L', part,
                       col_description('pipeline.pipeline_forecast_snapshot'::regclass, (
                           SELECT a.attnum FROM pg_attribute a
                           WHERE a.attrelid = 'pipeline.pipeline_forecast_snapshot'::regclass AND a.attname = 'origin')));
    END LOOP;
END
$partitions$;

-- A rule that was made after the setup is assumed to have held before it: nobody had another one then.
ALTER TABLE pipeline.pipeline_stage_history ADD COLUMN is_assumed boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN pipeline.pipeline_stage_history.is_assumed IS
    'Whether this is the earliest known rule of the stage, taken for the time before the setup, when no rules were kept.';
INSERT INTO pipeline_stage_history
    (stage, stage_bucket, default_probability, default_spread, outcome, valid_from, valid_to, is_removed, is_assumed)
SELECT DISTINCT ON (h.stage)
       h.stage, h.stage_bucket, h.default_probability, h.default_spread, h.outcome, '-infinity', setup.moment, true, true
FROM pipeline_stage_history h
CROSS JOIN (SELECT min(applied_at) AS moment FROM pipeline_schema_version) setup
WHERE NOT EXISTS (
    SELECT FROM pipeline_stage_history e WHERE e.stage = h.stage AND e.valid_from < setup.moment)
ORDER BY h.stage, h.valid_from;
