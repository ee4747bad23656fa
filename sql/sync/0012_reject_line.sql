-- Where a refused value stood in the file or table that was imported.
ALTER TABLE sync_reject ADD COLUMN line bigint;
COMMENT ON COLUMN sync_reject.line IS
    'Line of the imported file, or number of the row of the imported table; NULL for what came from a board.';
