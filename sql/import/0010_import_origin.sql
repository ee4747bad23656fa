-- Which projects came from which source, so that what is missing from its next file can be archived.
CREATE TABLE pipeline_data.import_origin (
    source text NOT NULL,
    monday_id text COLLATE "C" NOT NULL,
    archived_at timestamptz,
    PRIMARY KEY (source, monday_id)
);
COMMENT ON TABLE pipeline_data.import_origin IS
    'The projects that imports with a "source" in their mapping have brought, by source.';
COMMENT ON COLUMN pipeline_data.import_origin.archived_at IS
    'When an import archived the project because its row was missing; NULL once it stands in the file again.';
