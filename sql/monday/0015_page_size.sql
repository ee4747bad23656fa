-- monday.com may be too slow for large pages of a wide board.
ALTER TABLE pipeline.monday_board ADD COLUMN page_size integer CONSTRAINT monday_board_page_size_possible CHECK (page_size BETWEEN 1 AND 500);
COMMENT ON COLUMN pipeline.monday_board.page_size IS
    'Items of a page that monday.com manages to give of the board; NULL: 500. Larger ones are tried again with each read of the whole board.';
