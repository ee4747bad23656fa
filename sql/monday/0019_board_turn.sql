-- One writer at a time for each board: monday.com warns of corrupted data where several write to one.
CREATE TABLE pipeline_data.board_turn (
    board_id text COLLATE "C" PRIMARY KEY,
    token bigint NOT NULL,
    holder text,
    until timestamptz NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE pipeline_data.board_turn IS
    'Whose turn it is to write to a board. A turn has a term, so that a poller that froze or was cut off keeps no other one waiting for longer than that.';
COMMENT ON COLUMN pipeline_data.board_turn.token IS
    'Grows with each turn; whoever comes with a smaller one has lost its turn.';
COMMENT ON COLUMN pipeline_data.board_turn.holder IS 'The process whose turn it is, or was last; NULL once it gave its turn back.';
COMMENT ON COLUMN pipeline_data.board_turn.until IS 'The end of the term. From then on another one may take its turn.';
