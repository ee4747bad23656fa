-- The keys of the REST interface, and the roles that were granted rights.
CREATE TABLE pipeline_data.api_key (
    key_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    key_hash bytea NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT api_key_hash_once UNIQUE (key_hash),
    CONSTRAINT api_key_hash_is_sha256 CHECK (octet_length(key_hash) = 32),
    CONSTRAINT api_key_scopes_known CHECK (scopes <@ ARRAY['read', 'run', 'admin'] AND cardinality(scopes) > 0)
);
COMMENT ON TABLE pipeline_data.api_key IS
    'The keys of the REST interface: only the SHA-256 of a key is stored, and what it may do.';
CREATE UNIQUE INDEX api_key_name_idx ON api_key (name) WHERE revoked_at IS NULL;

CREATE TABLE pipeline_data.granted_role (
    role_name text NOT NULL,
    kind text NOT NULL,
    granted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (role_name, kind),
    CONSTRAINT granted_role_kind_known CHECK (kind IN ('reader', 'poller'))
);
COMMENT ON TABLE pipeline_data.granted_role IS
    'Who was granted what by grant_forecast_reader() and grant_pipeline_poller(): pipeline_setup() repeats it for what it adds.';
