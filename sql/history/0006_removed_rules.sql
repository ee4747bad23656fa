-- Whether a gap behind a version is meant: its rule was removed, and (any other) served the stage until it came back.
ALTER TABLE pipeline.pipeline_stage_history ADD COLUMN is_removed boolean NOT NULL DEFAULT false;
UPDATE pipeline_stage_history h SET is_removed = true
WHERE h.valid_to IS NOT NULL
  AND NOT EXISTS (SELECT FROM pipeline_stage_history n WHERE n.stage = h.stage AND n.valid_from = h.valid_to);
COMMENT ON COLUMN pipeline.pipeline_stage_history.is_removed IS
    'Whether the rule was removed at valid_to; from then on (any other) serves its stage.';
