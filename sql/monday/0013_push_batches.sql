-- Many items are written with one request, whose answer may be lost.
ALTER TABLE pipeline.push_state ADD COLUMN write_began_at timestamptz, ADD COLUMN written_by text COLLATE "C";
COMMENT ON COLUMN pipeline.push_state.write_began_at IS
    'When a write began of which it is not known yet what became of it; the item is read before it is written again.';
COMMENT ON COLUMN pipeline.push_state.written_by IS
    'The user of monday.com whose comment it is: only that one may edit it.';
