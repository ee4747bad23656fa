-- Finds the few projects that were removed outright among all versions: reports still have to name them.
CREATE INDEX project_history_removed_idx ON @extschema@.project_history (project_id)
    WHERE valid_to IS NULL AND state = 'deleted';
