-- History: one set-based statement per change of projects or analysis_results, whatever the number of rows.
--
-- A version is stamped with the clock once the row locks are held, so that two writers of one project are stamped in
-- the order in which they wrote; greatest() keeps that order even where the clock was set back.
--
-- The statements are run by EXECUTE, that is, planned each time: a plan made for a change of one row would, kept for
-- one of 100,000 rows, compare every row with every other. Compiling them (jit) is off: the planner overrates how many
-- rows changed, and compiling took longer than running.

CREATE FUNCTION pipeline_internal.keep_project_history() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
SET jit = off
AS $$
DECLARE
    moment timestamptz := clock_timestamp();
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- A project that was removed outright and comes back continues its own history.
        EXECUTE $sql$
            WITH closed AS (
                UPDATE project_history h
                SET valid_to = greatest($1, h.valid_from + interval '1 microsecond')
                FROM new_rows n
                WHERE h.project_id = n.monday_id AND h.valid_to IS NULL
                RETURNING h.project_id, h.valid_to
            )
            INSERT INTO project_history (
                project_id, valid_from, project_uuid,
                item_name, project_name, account, type, category,
                product_type, pipeline_stage, total_order_value, new_enquiry_value, probability_percent,
                gestation_period, date_created, date_order_received, expected_start_date, follow_up_date,
                state)
            SELECT
                n.monday_id, coalesce(closed.valid_to, $1), n.id,
                n.item_name, n.project_name, n.account, n.type, n.category,
                n.product_type, n.pipeline_stage, n.total_order_value, n.new_enquiry_value, n.probability_percent,
                n.gestation_period, n.date_created, n.date_order_received, n.expected_start_date, n.follow_up_date,
                n.state
            FROM new_rows n
            LEFT JOIN closed ON closed.project_id = n.monday_id
        $sql$ USING moment;
    ELSIF TG_OP = 'UPDATE' THEN
        EXECUTE $sql$
            WITH changed AS MATERIALIZED (
                SELECT n.*
                FROM old_rows o
                JOIN new_rows n ON n.monday_id = o.monday_id
                WHERE (o.item_name, o.project_name, o.account, o.type, o.category,
                       o.product_type, o.pipeline_stage, o.total_order_value, o.new_enquiry_value, o.probability_percent,
                       o.gestation_period, o.date_created, o.date_order_received, o.expected_start_date, o.follow_up_date,
                       o.state)
                    IS DISTINCT FROM
                      (n.item_name, n.project_name, n.account, n.type, n.category,
                       n.product_type, n.pipeline_stage, n.total_order_value, n.new_enquiry_value, n.probability_percent,
                       n.gestation_period, n.date_created, n.date_order_received, n.expected_start_date, n.follow_up_date,
                       n.state)
            ),
            closed AS (
                UPDATE project_history h
                SET valid_to = greatest($1, h.valid_from + interval '1 microsecond')
                FROM changed c
                WHERE h.project_id = c.monday_id AND h.valid_to IS NULL
                RETURNING h.project_id, h.valid_to
            )
            INSERT INTO project_history (
                project_id, valid_from, project_uuid,
                item_name, project_name, account, type, category,
                product_type, pipeline_stage, total_order_value, new_enquiry_value, probability_percent,
                gestation_period, date_created, date_order_received, expected_start_date, follow_up_date,
                state)
            SELECT
                c.monday_id, coalesce(closed.valid_to, $1), c.id,
                c.item_name, c.project_name, c.account, c.type, c.category,
                c.product_type, c.pipeline_stage, c.total_order_value, c.new_enquiry_value, c.probability_percent,
                c.gestation_period, c.date_created, c.date_order_received, c.expected_start_date, c.follow_up_date,
                c.state
            FROM changed c
            LEFT JOIN closed ON closed.project_id = c.monday_id
        $sql$ USING moment;
    ELSE
        -- The last version says that the project is gone; without it nobody could tell an end from a gap.
        EXECUTE $sql$
            WITH closed AS (
                UPDATE project_history h
                SET valid_to = greatest($1, h.valid_from + interval '1 microsecond')
                FROM old_rows o
                WHERE h.project_id = o.monday_id AND h.valid_to IS NULL
                RETURNING h.*
            )
            INSERT INTO project_history (project_id, valid_from, project_uuid, item_name, state)
            SELECT closed.project_id, closed.valid_to, closed.project_uuid, closed.item_name, 'deleted'
            FROM closed
        $sql$ USING moment;
        EXECUTE 'DELETE FROM analysis_results a USING old_rows o WHERE a.project_id = o.monday_id';
    END IF;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.keep_project_history() IS
    'Statement trigger of projects: adds a version to project_history for each row whose forecast-relevant columns changed.';

CREATE FUNCTION pipeline_internal.keep_analysis_history() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
SET jit = off
AS $$
DECLARE
    moment timestamptz := clock_timestamp();
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- An analysis that was removed earlier may have ended later than this clock says.
        EXECUTE $sql$
            WITH ended AS MATERIALIZED (
                SELECT h.project_id, max(h.valid_to) AS valid_to
                FROM analysis_history h
                JOIN new_rows n ON n.project_id = h.project_id
                GROUP BY h.project_id
            )
            INSERT INTO analysis_history (
                project_id, valid_from,
                expected_gestation_days, gestation_confidence, expected_conversion_rate, conversion_confidence, rating_score,
                analysis_timestamp, reasoning, adjustments, confidence_notes, special_factors,
                summary, llm_model, llm_status, analysis_version, input_hash)
            SELECT
                n.project_id, greatest($1, ended.valid_to),
                n.expected_gestation_days, n.gestation_confidence, n.expected_conversion_rate, n.conversion_confidence, n.rating_score,
                n.analysis_timestamp, n.reasoning, n.adjustments, n.confidence_notes, n.special_factors,
                n.summary, n.llm_model, n.llm_status, n.analysis_version, n.input_hash
            FROM new_rows n
            LEFT JOIN ended ON ended.project_id = n.project_id
        $sql$ USING moment;
    ELSIF TG_OP = 'UPDATE' THEN
        EXECUTE $sql$
            WITH changed AS MATERIALIZED (
                SELECT n.*
                FROM old_rows o
                JOIN new_rows n ON n.project_id = o.project_id
                WHERE (o.expected_gestation_days, o.gestation_confidence, o.expected_conversion_rate, o.conversion_confidence, o.rating_score,
                       o.analysis_timestamp, o.reasoning, o.adjustments, o.confidence_notes, o.special_factors,
                       o.summary, o.llm_model, o.llm_status, o.analysis_version, o.input_hash)
                    IS DISTINCT FROM
                      (n.expected_gestation_days, n.gestation_confidence, n.expected_conversion_rate, n.conversion_confidence, n.rating_score,
                       n.analysis_timestamp, n.reasoning, n.adjustments, n.confidence_notes, n.special_factors,
                       n.summary, n.llm_model, n.llm_status, n.analysis_version, n.input_hash)
            ),
            closed AS (
                UPDATE analysis_history h
                SET valid_to = greatest($1, h.valid_from + interval '1 microsecond')
                FROM changed c
                WHERE h.project_id = c.project_id AND h.valid_to IS NULL
                RETURNING h.project_id, h.valid_to
            )
            INSERT INTO analysis_history (
                project_id, valid_from,
                expected_gestation_days, gestation_confidence, expected_conversion_rate, conversion_confidence, rating_score,
                analysis_timestamp, reasoning, adjustments, confidence_notes, special_factors,
                summary, llm_model, llm_status, analysis_version, input_hash)
            SELECT
                c.project_id, coalesce(closed.valid_to, $1),
                c.expected_gestation_days, c.gestation_confidence, c.expected_conversion_rate, c.conversion_confidence, c.rating_score,
                c.analysis_timestamp, c.reasoning, c.adjustments, c.confidence_notes, c.special_factors,
                c.summary, c.llm_model, c.llm_status, c.analysis_version, c.input_hash
            FROM changed c
            LEFT JOIN closed ON closed.project_id = c.project_id
        $sql$ USING moment;
    ELSE
        EXECUTE $sql$
            UPDATE analysis_history h
            SET valid_to = greatest($1, h.valid_from + interval '1 microsecond')
            FROM old_rows o
            WHERE h.project_id = o.project_id AND h.valid_to IS NULL
        $sql$ USING moment;
    END IF;
    RETURN NULL;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.keep_analysis_history() IS
    'Statement trigger of analysis_results: adds a version to analysis_history for each row that changed.';

CREATE FUNCTION pipeline_internal.catch_up_history() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    moment timestamptz := clock_timestamp();
BEGIN
    -- Rows that were written while the triggers were away: their stage rule first, then their version.
    PERFORM apply_stage_rules();

    WITH stale AS MATERIALIZED (
        SELECT h.project_id, h.valid_from, h.project_uuid, h.item_name, p.monday_id IS NULL AS removed
        FROM project_history h
        LEFT JOIN projects p ON p.monday_id = h.project_id
        WHERE h.valid_to IS NULL
          AND CASE WHEN p.monday_id IS NULL THEN h.state <> 'deleted'
              ELSE (p.item_name, p.project_name, p.account, p.type, p.category,
                    p.product_type, p.pipeline_stage, p.total_order_value, p.new_enquiry_value, p.probability_percent,
                    p.gestation_period, p.date_created, p.date_order_received, p.expected_start_date, p.follow_up_date,
                    p.state)
                IS DISTINCT FROM
                   (h.item_name, h.project_name, h.account, h.type, h.category,
                    h.product_type, h.pipeline_stage, h.total_order_value, h.new_enquiry_value, h.probability_percent,
                    h.gestation_period, h.date_created, h.date_order_received, h.expected_start_date, h.follow_up_date,
                    h.state) END
    ),
    closed AS (
        UPDATE project_history h
        SET valid_to = greatest(moment, h.valid_from + interval '1 microsecond')
        FROM stale
        WHERE h.project_id = stale.project_id AND h.valid_from = stale.valid_from
    )
    INSERT INTO project_history (project_id, valid_from, project_uuid, item_name, state)
    SELECT stale.project_id, greatest(moment, stale.valid_from + interval '1 microsecond'),
           stale.project_uuid, stale.item_name, 'deleted'
    FROM stale
    WHERE stale.removed;

    INSERT INTO project_history (
        project_id, valid_from, project_uuid,
        item_name, project_name, account, type, category,
        product_type, pipeline_stage, total_order_value, new_enquiry_value, probability_percent,
        gestation_period, date_created, date_order_received, expected_start_date, follow_up_date,
        state)
    SELECT
        p.monday_id,
        greatest(moment, ended.valid_to),
        p.id,
        p.item_name, p.project_name, p.account, p.type, p.category,
        p.product_type, p.pipeline_stage, p.total_order_value, p.new_enquiry_value, p.probability_percent,
        p.gestation_period, p.date_created, p.date_order_received, p.expected_start_date, p.follow_up_date,
        p.state
    FROM projects p
    LEFT JOIN (
        SELECT h.project_id, max(h.valid_to) AS valid_to, bool_or(h.valid_to IS NULL) AS is_open
        FROM project_history h
        GROUP BY h.project_id
    ) ended ON ended.project_id = p.monday_id
    WHERE ended.is_open IS NOT TRUE;

    UPDATE analysis_history h
    SET valid_to = greatest(moment, h.valid_from + interval '1 microsecond')
    WHERE h.valid_to IS NULL
      AND NOT EXISTS (
        SELECT FROM analysis_results a
        WHERE a.project_id = h.project_id
          AND (a.expected_gestation_days, a.gestation_confidence, a.expected_conversion_rate, a.conversion_confidence, a.rating_score,
               a.analysis_timestamp, a.reasoning, a.adjustments, a.confidence_notes, a.special_factors,
               a.summary, a.llm_model, a.llm_status, a.analysis_version, a.input_hash)
            IS NOT DISTINCT FROM
              (h.expected_gestation_days, h.gestation_confidence, h.expected_conversion_rate, h.conversion_confidence, h.rating_score,
               h.analysis_timestamp, h.reasoning, h.adjustments, h.confidence_notes, h.special_factors,
               h.summary, h.llm_model, h.llm_status, h.analysis_version, h.input_hash));

    INSERT INTO analysis_history (
        project_id, valid_from,
        expected_gestation_days, gestation_confidence, expected_conversion_rate, conversion_confidence, rating_score,
        analysis_timestamp, reasoning, adjustments, confidence_notes, special_factors,
        summary, llm_model, llm_status, analysis_version, input_hash)
    SELECT
        a.project_id, greatest(moment, ended.valid_to),
        a.expected_gestation_days, a.gestation_confidence, a.expected_conversion_rate, a.conversion_confidence, a.rating_score,
        a.analysis_timestamp, a.reasoning, a.adjustments, a.confidence_notes, a.special_factors,
        a.summary, a.llm_model, a.llm_status, a.analysis_version, a.input_hash
    FROM analysis_results a
    LEFT JOIN (
        SELECT h.project_id, max(h.valid_to) AS valid_to, bool_or(h.valid_to IS NULL) AS is_open
        FROM analysis_history h
        GROUP BY h.project_id
    ) ended ON ended.project_id = a.project_id
    WHERE ended.is_open IS NOT TRUE;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.catch_up_history() IS
    'Adds to history what was written while its triggers were away (between DROP EXTENSION and the next pipeline_setup()).';

CREATE FUNCTION pipeline_internal.refuse_truncate() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = '0A000',
        MESSAGE = format('table "%s" cannot be truncated', TG_TABLE_NAME),
        DETAIL = 'TRUNCATE would leave its history without an end.',
        HINT = 'Use DELETE, or set state to deleted.';
END;
$$;
COMMENT ON FUNCTION pipeline_internal.refuse_truncate() IS 'Keeps TRUNCATE from breaking history.';
