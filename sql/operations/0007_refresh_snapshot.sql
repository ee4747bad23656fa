-- What a refresh has read, so that it can be compared with history beside writers: a version is stamped before it is
-- committed, and those of transactions that were open at the refresh are in doubt.
ALTER TABLE pipeline.refresh_log ADD COLUMN read_at timestamptz;
ALTER TABLE pipeline.refresh_log ADD COLUMN doubtful_from xid8;
COMMENT ON COLUMN pipeline.refresh_log.read_at IS 'The moment whose state the view shows; NULL where it was not refreshed.';
COMMENT ON COLUMN pipeline.refresh_log.doubtful_from IS
    'What transactions from here on, up to that of this row, have written may have been read or not.';
