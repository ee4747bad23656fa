-- The digest: the active projects in pieces that add up. A change of projects adds a piece with their new facts and the
-- former ones to be taken away, so writers never wait for each other, and every snapshot sees a digest that fits the
-- projects it sees. Pieces are merged when they have become many.

CREATE FUNCTION pipeline_internal.digest_project(
    state internal, sign integer, account text, type text, category text, product_type text, stage text,
    new_enquiry_value numeric, gestation_period integer, date_created date
) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pipeline_digest_project';
COMMENT ON FUNCTION pipeline_internal.digest_project(internal, integer, text, text, text, text, text, numeric, integer, date) IS
    'Part of digest_projects.';

CREATE FUNCTION pipeline_internal.digest_piece(state internal, sign integer, packed bytea) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pipeline_digest_piece';
COMMENT ON FUNCTION pipeline_internal.digest_piece(internal, integer, bytea) IS 'Part of digest_pieces.';

CREATE FUNCTION pipeline_internal.digest_final(state internal) RETURNS bytea
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pipeline_digest_final';
COMMENT ON FUNCTION pipeline_internal.digest_final(internal) IS
    'Part of digest_projects and digest_pieces.';

CREATE AGGREGATE pipeline_internal.digest_projects(
    sign integer, account text, type text, category text, product_type text, stage text,
    new_enquiry_value numeric, gestation_period integer, date_created date
) (
    SFUNC = digest_project,
    STYPE = internal,
    FINALFUNC = digest_final,
    FINALFUNC_MODIFY = READ_WRITE,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE pipeline_internal.digest_projects(integer, text, text, text, text, text, numeric, integer, date) IS
    'A piece of digest that adds (sign 1) or takes away (-1) projects; NULL where nothing is left of them.';

CREATE AGGREGATE pipeline_internal.digest_pieces(sign integer, packed bytea) (
    SFUNC = digest_piece,
    STYPE = internal,
    FINALFUNC = digest_final,
    FINALFUNC_MODIFY = READ_WRITE,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE pipeline_internal.digest_pieces(integer, bytea) IS
    'The sum of pieces of a digest, each added (sign 1) or taken away (-1); NULL where nothing is left.';

CREATE FUNCTION pipeline_internal.keep_analysis_digest() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    piece bytea;
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT digest_projects(1, @list analysis/digest_columns.sql@) INTO piece FROM new_rows WHERE state = 'active';
    ELSIF TG_OP = 'UPDATE' THEN
        SELECT digest_projects(sign, @list analysis/digest_columns.sql@) INTO piece
        FROM (SELECT 1 AS sign, * FROM new_rows UNION ALL SELECT -1, * FROM old_rows) changed WHERE state = 'active';
    ELSE
        SELECT digest_projects(-1, @list analysis/digest_columns.sql@) INTO piece FROM old_rows WHERE state = 'active';
    END IF;
    IF piece IS NOT NULL THEN
        INSERT INTO analysis_digest (packed) VALUES (piece);
    END IF;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.keep_analysis_digest() IS
    'Statement trigger of projects: adds a piece to analysis_digest where facts that statistics read have changed.';

CREATE FUNCTION pipeline_internal.missing_from_digest() RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT digest_pieces(s.sign, s.packed)
    FROM (
        SELECT 1 AS sign, digest_projects(1, @list analysis/digest_columns.sql@) AS packed
        FROM projects WHERE state = 'active'
        UNION ALL
        SELECT -1, d.packed FROM analysis_digest d
    ) s
$$;
COMMENT ON FUNCTION pipeline_internal.missing_from_digest() IS
    'The piece by which analysis_digest differs from the projects; NULL where it agrees with them.';

CREATE FUNCTION pipeline_internal.rebuild_digest(reason text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    -- Whoever merges pieces meanwhile would put back what is taken out, and a writer's piece must not come in twice.
    LOCK TABLE analysis_digest IN SHARE ROW EXCLUSIVE MODE;
    WITH gone AS (
        DELETE FROM analysis_digest RETURNING id
    )
    INSERT INTO analysis_digest (packed)
    SELECT m.packed
    FROM (SELECT digest_projects(1, @list analysis/digest_columns.sql@) AS packed FROM projects WHERE state = 'active') m
    WHERE m.packed IS NOT NULL;
    RAISE WARNING USING
        ERRCODE = 'XX001',
        MESSAGE = 'the digest of the projects was made anew',
        DETAIL = format('It could not be read: %s.', reason);
END;
$$;
COMMENT ON FUNCTION pipeline_internal.rebuild_digest(text) IS
    'Makes analysis_digest anew of the projects, with a warning that gives the reason.';

CREATE FUNCTION pipeline_internal.catch_up_digest() RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF row_security_active('projects'::regclass) THEN
        RETURN false;
    END IF;
    INSERT INTO analysis_digest (packed)
    SELECT m.packed FROM (SELECT missing_from_digest() AS packed) m
    WHERE m.packed IS NOT NULL;
    RETURN FOUND;
EXCEPTION WHEN data_corrupted OR object_not_in_prerequisite_state THEN
    PERFORM rebuild_digest(SQLERRM);
    RETURN false;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.catch_up_digest() IS
    'Adds to analysis_digest what was written while its triggers were away; returns whether there was anything. A digest that is damaged, or of another version, is made anew.';

CREATE FUNCTION pipeline_internal.merge_digest(most_pieces integer, most_spare_bytes integer DEFAULT 1048576) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    pieces bigint;
    largest integer;
    others bigint;
BEGIN
    SELECT count(*), max(octet_length(d.packed)), sum(octet_length(d.packed)) - max(octet_length(d.packed))
    INTO pieces, largest, others FROM analysis_digest d;
    -- A transaction with a snapshot of its own could meet pieces that others have merged since.
    IF current_setting('transaction_isolation') <> 'read committed'
       OR (pieces <= most_pieces AND others <= greatest(most_spare_bytes, largest / 4)) THEN
        RETURN;
    END IF;
    -- Whatever others are merging is left to them: any pieces may be replaced by their sum. The largest one is only
    -- written anew when the others have come to a quarter of it.
    WITH chosen AS MATERIALIZED (
        SELECT d.id FROM analysis_digest d
        WHERE octet_length(d.packed) < largest OR others > largest / 4
        FOR UPDATE SKIP LOCKED
    ),
    taken AS (
        DELETE FROM analysis_digest d USING chosen c WHERE d.id = c.id RETURNING d.packed
    )
    INSERT INTO analysis_digest (packed)
    SELECT m.packed FROM (SELECT digest_pieces(1, t.packed) AS packed FROM taken t) m
    WHERE m.packed IS NOT NULL;
EXCEPTION WHEN data_corrupted OR object_not_in_prerequisite_state THEN
    IF NOT row_security_active('projects'::regclass) THEN
        PERFORM rebuild_digest(SQLERRM);
    END IF;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.merge_digest(integer, integer) IS
    'Replaces pieces of analysis_digest by their sum where there are more than so many, or where they hold more than so many bytes beside the largest one and more than a quarter of it. Where one is damaged, all are made anew.';
