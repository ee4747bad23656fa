-- What an item shows, so that a change too small to be news is not written.
ALTER TABLE pipeline.push_state ADD COLUMN columns_shown jsonb, ADD COLUMN comment_shown jsonb;
COMMENT ON COLUMN pipeline.push_state.columns_shown IS
    'The numbers that were written to the columns: {days, rate (0 to 1), confidence, rating}.';
COMMENT ON COLUMN pipeline.push_state.comment_shown IS
    'Those of the comment, with the hash of what it says in words.';
