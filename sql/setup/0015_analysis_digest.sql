-- What the analysis of one project reads of all others, in a few bytes for each instead of a row.
CREATE TABLE @extschema@.analysis_digest (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    packed bytea NOT NULL
);
-- Packed already: compressing costs more time than it saves bytes.
ALTER TABLE @extschema@.analysis_digest ALTER COLUMN packed SET STORAGE EXTERNAL;

COMMENT ON TABLE @extschema@.analysis_digest IS
    'The active projects as statistics see them, packed into pieces whose sum they are; kept by triggers of projects. Nothing is lost with it: pipeline_setup() makes it anew.';

-- Segments are found in the digest.
DROP INDEX @extschema@.projects_segment_idx;
