-- The webhooks that were made at monday.com. It never says where one leads, so what is ours is remembered here.
CREATE TABLE @extschema@.monday_webhook (
    webhook_id text COLLATE "C" PRIMARY KEY,
    board_id text COLLATE "C" NOT NULL,
    event text NOT NULL,
    url_hash bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT monday_webhook_hash_is_sha256 CHECK (octet_length(url_hash) = 32)
);
COMMENT ON TABLE @extschema@.monday_webhook IS
    'Which events of which boards monday.com delivers to us. Of the URL, which may hold a secret, only the SHA-256.';
CREATE INDEX monday_webhook_board_idx ON @extschema@.monday_webhook (board_id, event);
