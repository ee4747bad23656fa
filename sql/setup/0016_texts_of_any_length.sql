-- An entry of a B-tree holds 2,704 bytes; a prefix tree holds any text.
DROP INDEX @extschema@.projects_account_idx;
CREATE INDEX projects_account_idx ON @extschema@.projects USING spgist (account);

-- They come back with a key that stands for their texts.
DROP MATERIALIZED VIEW IF EXISTS @extschema@.conversion_metrics, @extschema@.conversion_metrics_recent;
