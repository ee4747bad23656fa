-- The digest: the active projects in pieces that add up. A change of projects adds a piece with their new facts and the
-- former ones to be taken away, so writers never wait for each other, and every snapshot sees a digest that fits the
-- projects it sees. Pieces are merged when they have become many.

CREATE FUNCTION @extschema@._digest_project(
    state internal, sign integer, account text, type text, category text, product_type text, stage text,
    new_enquiry_value numeric, gestation_period integer, date_created date
) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pipeline_digest_project';
COMMENT ON FUNCTION @extschema@._digest_project(internal, integer, text, text, text, text, text, numeric, integer, date) IS
    'API: private. Part of _digest_projects.';

CREATE FUNCTION @extschema@._digest_piece(state internal, sign integer, packed bytea) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pipeline_digest_piece';
COMMENT ON FUNCTION @extschema@._digest_piece(internal, integer, bytea) IS 'API: private. Part of _digest_pieces.';

CREATE FUNCTION @extschema@._digest_final(state internal) RETURNS bytea
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'pipeline_digest_final';
COMMENT ON FUNCTION @extschema@._digest_final(internal) IS
    'API: private. Part of _digest_projects and _digest_pieces.';

CREATE AGGREGATE @extschema@._digest_projects(
    sign integer, account text, type text, category text, product_type text, stage text,
    new_enquiry_value numeric, gestation_period integer, date_created date
) (
    SFUNC = @extschema@._digest_project,
    STYPE = internal,
    FINALFUNC = @extschema@._digest_final,
    FINALFUNC_MODIFY = READ_WRITE,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@._digest_projects(integer, text, text, text, text, text, numeric, integer, date) IS
    'API: private. A piece of digest that adds (sign 1) or takes away (-1) projects; NULL where nothing is left of them.';

CREATE AGGREGATE @extschema@._digest_pieces(sign integer, packed bytea) (
    SFUNC = @extschema@._digest_piece,
    STYPE = internal,
    FINALFUNC = @extschema@._digest_final,
    FINALFUNC_MODIFY = READ_WRITE,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@._digest_pieces(integer, bytea) IS
    'API: private. The sum of pieces of a digest, each added (sign 1) or taken away (-1); NULL where nothing is left.';

CREATE FUNCTION @extschema@._keep_analysis_digest() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    piece bytea;
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT @extschema@._digest_projects(1, n.account, n.type, n.category, n.product_type, n.stage_rule,
                                            n.new_enquiry_value, n.gestation_period, n.date_created)
        INTO piece FROM new_rows n WHERE n.state = 'active';
    ELSIF TG_OP = 'UPDATE' THEN
        SELECT @extschema@._digest_projects(c.sign, c.account, c.type, c.category, c.product_type, c.stage_rule,
                                            c.new_enquiry_value, c.gestation_period, c.date_created)
        INTO piece
        FROM (
            SELECT 1 AS sign, n.account, n.type, n.category, n.product_type, n.stage_rule,
                   n.new_enquiry_value, n.gestation_period, n.date_created
            FROM new_rows n WHERE n.state = 'active'
            UNION ALL
            SELECT -1, o.account, o.type, o.category, o.product_type, o.stage_rule,
                   o.new_enquiry_value, o.gestation_period, o.date_created
            FROM old_rows o WHERE o.state = 'active'
        ) c;
    ELSE
        SELECT @extschema@._digest_projects(-1, o.account, o.type, o.category, o.product_type, o.stage_rule,
                                            o.new_enquiry_value, o.gestation_period, o.date_created)
        INTO piece FROM old_rows o WHERE o.state = 'active';
    END IF;
    IF piece IS NOT NULL THEN
        INSERT INTO @extschema@.analysis_digest (packed) VALUES (piece);
    END IF;
    RETURN NULL;
END;
$$;
REVOKE ALL ON FUNCTION @extschema@._keep_analysis_digest() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@._keep_analysis_digest() IS
    'API: private. Statement trigger of projects: adds a piece to analysis_digest where facts that statistics read have changed.';

CREATE FUNCTION @extschema@._missing_from_digest() RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT @extschema@._digest_pieces(s.sign, s.packed)
    FROM (
        SELECT 1 AS sign, @extschema@._digest_projects(
            1, p.account, p.type, p.category, p.product_type, p.stage_rule,
            p.new_enquiry_value, p.gestation_period, p.date_created) AS packed
        FROM @extschema@.projects p WHERE p.state = 'active'
        UNION ALL
        SELECT -1, d.packed FROM @extschema@.analysis_digest d
    ) s
$$;
REVOKE ALL ON FUNCTION @extschema@._missing_from_digest() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@._missing_from_digest() IS
    'API: private. The piece by which analysis_digest differs from the projects; NULL where it agrees with them.';

CREATE FUNCTION @extschema@._catch_up_digest() RETURNS boolean
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH caught_up AS (
        INSERT INTO @extschema@.analysis_digest (packed)
        SELECT m.packed FROM (SELECT @extschema@._missing_from_digest() AS packed) m
        WHERE m.packed IS NOT NULL AND NOT row_security_active('@extschema@.projects'::regclass)
        RETURNING id
    )
    SELECT EXISTS (SELECT FROM caught_up)
$$;
REVOKE ALL ON FUNCTION @extschema@._catch_up_digest() FROM PUBLIC;
COMMENT ON FUNCTION @extschema@._catch_up_digest() IS
    'API: private. Adds to analysis_digest what was written while its triggers were away; returns whether there was anything.';

CREATE FUNCTION @extschema@._merge_digest(most_pieces integer, most_spare_bytes integer DEFAULT 1048576) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    pieces bigint;
    largest integer;
    others bigint;
BEGIN
    SELECT count(*), max(octet_length(d.packed)), sum(octet_length(d.packed)) - max(octet_length(d.packed))
    INTO pieces, largest, others FROM @extschema@.analysis_digest d;
    -- A transaction with a snapshot of its own could meet pieces that others have merged since.
    IF current_setting('transaction_isolation') <> 'read committed'
       OR (pieces <= most_pieces AND others <= greatest(most_spare_bytes, largest / 4)) THEN
        RETURN;
    END IF;
    -- Whatever others are merging is left to them: any pieces may be replaced by their sum. The largest one is only
    -- written anew when the others have come to a quarter of it.
    WITH chosen AS MATERIALIZED (
        SELECT d.id FROM @extschema@.analysis_digest d
        WHERE octet_length(d.packed) < largest OR others > largest / 4
        FOR UPDATE SKIP LOCKED
    ),
    taken AS (
        DELETE FROM @extschema@.analysis_digest d USING chosen c WHERE d.id = c.id RETURNING d.packed
    )
    INSERT INTO @extschema@.analysis_digest (packed)
    SELECT m.packed FROM (SELECT @extschema@._digest_pieces(1, t.packed) AS packed FROM taken t) m
    WHERE m.packed IS NOT NULL;
END;
$$;
REVOKE ALL ON FUNCTION @extschema@._merge_digest(integer, integer) FROM PUBLIC;
COMMENT ON FUNCTION @extschema@._merge_digest(integer, integer) IS
    'API: private. Replaces pieces of analysis_digest by their sum where there are more than so many, or where they hold more than so many bytes beside the largest one and more than a quarter of it.';
