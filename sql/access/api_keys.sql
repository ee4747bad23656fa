-- The keys of the REST interface. A key itself is never seen here: callers hash it.

CREATE FUNCTION pipeline.add_api_key(name text, scopes text[], key_hash bytea) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    new_id bigint;
BEGIN
    PERFORM require_writable('add an API key');
    PERFORM require_layout();
    IF coalesce(btrim(name), '') = '' THEN
        RAISE EXCEPTION USING
            ERRCODE = CASE WHEN name IS NULL THEN '22004' ELSE '22023' END,
            MESSAGE = 'name must not be null or empty',
            HINT = 'Name the key after whoever uses it.';
    END IF;
    IF coalesce(cardinality(scopes), 0) = 0 OR NOT scopes <@ ARRAY['read', 'run', 'admin'] THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = 'scopes must be some of read, run and admin',
            HINT = 'read: reports; run: analyses and jobs; admin: everything.';
    END IF;
    IF key_hash IS NULL OR octet_length(key_hash) <> 32 THEN
        RAISE EXCEPTION USING
            ERRCODE = CASE WHEN key_hash IS NULL THEN '22004' ELSE '22023' END,
            MESSAGE = 'key_hash must be 32 bytes long',
            HINT = 'Give the SHA-256 of the key.';
    END IF;
    IF EXISTS (SELECT FROM api_key k WHERE k.name = add_api_key.name AND k.revoked_at IS NULL) THEN
        RAISE EXCEPTION USING
            ERRCODE = '42710',
            MESSAGE = format('API key "%s" already exists', name),
            HINT = 'Choose another name, or revoke it first.';
    END IF;
    INSERT INTO api_key (name, scopes, key_hash) VALUES (name, scopes, key_hash) RETURNING key_id INTO new_id;
    RETURN new_id;
END;
$$;
COMMENT ON FUNCTION pipeline.add_api_key(text, text[], bytea) IS
    'Adds an API key by its SHA-256, with scopes out of read, run, admin; returns its id. Errors: 22004, 22023, 42710 a key of this name is in use.';

CREATE FUNCTION pipeline.revoke_api_key(key_id bigint) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_writable('revoke an API key');
    PERFORM require_layout();
    UPDATE api_key k SET revoked_at = coalesce(k.revoked_at, now()) WHERE k.key_id = revoke_api_key.key_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = '42704',
            MESSAGE = format('API key %s does not exist', coalesce(key_id::text, 'NULL')),
            HINT = 'SELECT key_id, name FROM api_key lists them.';
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline.revoke_api_key(bigint) IS
    'Revokes an API key from now on; its row stays. Error 42704 for an unknown one.';

CREATE FUNCTION pipeline_work.find_api_key(key_hash bytea) RETURNS text[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    found record;
BEGIN
    -- Where views or steps are missing, those who have a key are told so, and the others nothing.
    IF to_regclass('pipeline_data.api_key') IS NULL THEN
        PERFORM require_layout();
    END IF;
    SELECT k.key_id, k.scopes, k.last_used_at INTO found
    FROM api_key k
    WHERE k.key_hash = find_api_key.key_hash AND k.revoked_at IS NULL;
    -- To the minute: reading a report must not write a row each time, and on a standby it cannot.
    IF coalesce(found.last_used_at < now() - interval '1 minute', found.key_id IS NOT NULL) AND NOT pg_is_in_recovery() THEN
        UPDATE api_key k SET last_used_at = now()
        WHERE k.key_id = found.key_id AND k.last_used_at IS NOT DISTINCT FROM found.last_used_at;
    END IF;
    RETURN found.scopes;
END;
$$;
COMMENT ON FUNCTION pipeline_work.find_api_key(bytea) IS
    'The scopes of the API key with this SHA-256; NULL for one that is unknown or revoked. Notes when it was last used, to the minute.';
