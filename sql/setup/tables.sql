-- What pipeline_setup() has made besides tables.
CREATE TABLE pipeline_data.setup_object (
    object text PRIMARY KEY,
    made_from text NOT NULL,
    became text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE pipeline_data.setup_object IS
    'The views, triggers and functions that pipeline_setup() has made: the hash of the statements, and of what they became. It makes anew what differs, and drops what a later version has no more.';
