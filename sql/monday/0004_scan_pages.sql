-- A page of a scan is one row: a row and an index entry for each item were logged every night for ids that live for
-- minutes.
DROP TABLE pipeline_data.monday_scan;
CREATE TABLE pipeline_data.monday_scan_page (
    run_id bigint NOT NULL REFERENCES sync_log (id) ON DELETE CASCADE,
    board_id text COLLATE "C" NOT NULL,
    items text NOT NULL
);
CREATE INDEX monday_scan_page_run_idx ON monday_scan_page (run_id);
COMMENT ON TABLE pipeline_data.monday_scan_page IS
    'What a running scan of a board has seen so far, page by page; complete_monday_scan() compares it with what is stored. Empty between scans.';
COMMENT ON COLUMN pipeline_data.monday_scan_page.items IS
    'Ids, separated by U+001E; after U+001F the moment of the last change, in seconds since 1970, where it may differ from what is stored.';
