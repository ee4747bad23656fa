-- History keeps the owner as well, so that a day can be told by the owner of that day. Who owned a project before this
-- release nobody knows: its current version gets the owner of today, without a new version.
ALTER TABLE project_history ADD COLUMN sales_representative text;
UPDATE project_history h SET sales_representative = p.sales_representative
FROM projects p
WHERE p.monday_id = h.project_id AND h.valid_to IS NULL AND p.sales_representative IS NOT NULL;

-- Without valid_to, whose every change made a new entry in all indexes (no HOT update). Of a project that is gone there is
-- one such version, unless it came back.
DROP INDEX project_history_removed_idx;
CREATE INDEX project_history_removed_idx ON project_history (project_id) WHERE state = 'deleted';
