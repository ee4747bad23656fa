-- The numeric analysis: segments, durations, conversion, rating; computed for all projects in one pass.

CREATE FUNCTION pipeline_internal.compute_analyses(
    project_ids text[],
    as_of timestamptz,
    reads_history boolean
) RETURNS TABLE(
    project_id text,
    expected_gestation_days integer,
    gestation_confidence numeric,
    expected_conversion_rate numeric,
    conversion_confidence numeric,
    rating integer,
    reasoning jsonb,
    input_hash text
)
LANGUAGE c VOLATILE PARALLEL UNSAFE
ROWS 100000
AS 'MODULE_PATHNAME', 'pipeline_analyze';
COMMENT ON FUNCTION pipeline_internal.compute_analyses(text[], timestamptz, boolean) IS
    'The analysis of the given projects (NULL = all whose values are in range), computed and not stored; of all projects, the digest is repaired where it missed a change. Errors: P0002 unknown project, 22023 negative value.';

CREATE FUNCTION pipeline_internal.compute_few_analyses(
    project_ids text[],
    as_of timestamptz,
    reads_history boolean
) RETURNS TABLE(
    project_id text,
    expected_gestation_days integer,
    gestation_confidence numeric,
    expected_conversion_rate numeric,
    conversion_confidence numeric,
    rating integer,
    reasoning jsonb,
    input_hash text
)
LANGUAGE c STABLE PARALLEL UNSAFE
ROWS 1
AS 'MODULE_PATHNAME', 'pipeline_analyze';
COMMENT ON FUNCTION pipeline_internal.compute_few_analyses(text[], timestamptz, boolean) IS
    'compute_analyses() for a handful of projects: the planner then joins its rows by key instead of reading whole tables.';

CREATE FUNCTION pipeline_internal.analysis_detail(
    project_ids text[],
    as_of timestamptz,
    reads_history boolean
) RETURNS jsonb
LANGUAGE c STABLE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'pipeline_analysis_detail';
COMMENT ON FUNCTION pipeline_internal.analysis_detail(text[], timestamptz, boolean) IS
    'The analysis of one project as {"steps": [...], "segment": {...}}.';

-- Only a past moment that history covers is read from history; for an earlier one the present rows have to do.
CREATE FUNCTION pipeline_internal.reads_history(as_of timestamptz) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$ SELECT $1 < now() AND $1 >= history_begins() $$;
COMMENT ON FUNCTION pipeline_internal.reads_history(timestamptz) IS
    'Whether an analysis as of a moment reads history.';

CREATE FUNCTION pipeline_internal.analysis_version() RETURNS text
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_analysis_version';
COMMENT ON FUNCTION pipeline_internal.analysis_version() IS
    'The version of the rules of the analysis, which is part of every input_hash.';

CREATE TYPE pipeline_internal.analysis_numbers AS (
    days integer,
    rate numeric,
    confidence numeric,
    rating integer
);
COMMENT ON TYPE pipeline_internal.analysis_numbers IS 'What people see of an analysis.';

-- Every project that is won or lost moves the statistics of all that are compared with it. What is less than their
-- noise is no news: half a standard error of the rate, about one of the median duration, but at least the tolerance and
-- three days.
CREATE FUNCTION pipeline_internal.analysis_has_moved(
    fresh analysis_numbers,
    stored analysis_numbers,
    segment_n integer,
    tolerance_percent integer,
    days_noise numeric
) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(
    tolerance_percent = 0
    OR ((fresh).days IS NULL) <> ((stored).days IS NULL)
    OR ((fresh).rate IS NULL) <> ((stored).rate IS NULL)
    OR abs((fresh).rate - (stored).rate)
       >= greatest(tolerance_percent / 100.0, sqrt((stored).rate * (1 - (stored).rate) / greatest(segment_n, 1)) / 2)
    OR abs((fresh).days - (stored).days) >= greatest(3, (stored).days * 0.1, days_noise)
    OR abs((fresh).confidence - (stored).confidence) >= 0.05
    OR abs((fresh).rating - (stored).rating) >= 3,
    false);
COMMENT ON FUNCTION pipeline_internal.analysis_has_moved(analysis_numbers, analysis_numbers, integer, integer, numeric) IS
    'Whether the numbers of an analysis have moved so far that they are stored anew.';

CREATE FUNCTION pipeline_internal.analysis_drift_limit() RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 0.005;
COMMENT ON FUNCTION pipeline_internal.analysis_drift_limit() IS
    'The share of the expected value by which stored analyses together may differ from fresh ones.';

CREATE FUNCTION pipeline.analyze_projects(
    project_ids text[] DEFAULT NULL,
    as_of timestamptz DEFAULT now()
) RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
SET jit = off
AS $$
DECLARE
    started timestamptz := clock_timestamp();
    in_the_past boolean;
    removed text;
    left_out text[];
    changed integer;
BEGIN
    PERFORM require_writable('analyse projects');
    PERFORM require_layout();
    IF as_of IS NULL OR array_position(project_ids, NULL) IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '22004',
            MESSAGE = CASE WHEN as_of IS NULL THEN 'as_of must not be null' ELSE 'project_ids must not hold nulls' END,
            HINT = 'Leave an argument out to analyse every project as of now.';
    END IF;
    IF project_ids IS NULL OR cardinality(project_ids) > 1 THEN
        -- Two runs that write the same projects in different orders would wait for each other for ever; the second
        -- waits here instead, and finds little left to write.
        PERFORM pg_advisory_xact_lock(hashtext('pipeline_forecast.analysis'));
    END IF;

    -- Reading so many small pieces takes about a millisecond.
    PERFORM merge_digest(most_pieces => 200);

    in_the_past := reads_history(as_of);
    IF in_the_past THEN
        -- History still knows projects that were removed outright; there is nothing to store an analysis for.
        removed := (
            SELECT i.id FROM unnest(project_ids) AS i(id)
            WHERE NOT EXISTS (SELECT FROM projects p WHERE p.monday_id = i.id) LIMIT 1);
        IF removed IS NOT NULL THEN
            RAISE EXCEPTION USING
                ERRCODE = 'P0002',
                MESSAGE = format('unknown project "%s"', removed),
                HINT = 'Name the monday_id of an active project; archived and deleted projects are not analysed.';
        END IF;
    END IF;
    IF project_ids IS NULL THEN
        left_out := ARRAY(SELECT i.project_id FROM analysis_input i WHERE i.new_enquiry_value < 0);
        IF cardinality(left_out) > 0 THEN
            RAISE WARNING USING
                ERRCODE = '22023',
                MESSAGE = format('%s projects were not analysed: new_enquiry_value is negative', cardinality(left_out)),
                DETAIL = format('They are: %s.', array_to_string(left_out[1:10], ', ')
                                || CASE WHEN cardinality(left_out) > 10 THEN ', ...' ELSE '' END),
                HINT = 'An enquiry value is zero or more; store NULL where it is unknown.';
        END IF;
    END IF;

    EXECUTE format($sql$
    WITH changed AS MATERIALIZED (
        SELECT f.*,
               former.project_id IS NULL OR left(former.input_hash, 16) <> left(f.input_hash, 16) AS is_its_own,
               analysis_has_moved(
                   ROW (f.expected_gestation_days, f.expected_conversion_rate, f.conversion_confidence, f.rating),
                   ROW (former.expected_gestation_days, former.expected_conversion_rate, former.conversion_confidence,
                        (former.adjustments->>'baseline_rating')::integer),
                   m.segment_n, $5, (m.gestation_p75 - m.gestation_p25) / sqrt(greatest(m.segment_n, 1)::numeric)) AS has_moved,
               f.expected_conversion_rate - former.expected_conversion_rate AS drift
        FROM %I($1, $2, $4) f
        LEFT JOIN analysis_results former ON former.project_id = f.project_id
        CROSS JOIN LATERAL jsonb_to_record(f.reasoning->'metrics_used')
            AS m (segment_n integer, gestation_p25 numeric, gestation_p75 numeric)
        WHERE former.input_hash IS DISTINCT FROM f.input_hash
          AND (NOT $4 OR EXISTS (SELECT FROM projects p WHERE p.monday_id = f.project_id))
    ),
    kept_back AS MATERIALIZED (
        SELECT c.project_id, s.stage_bucket = 'Open' AS is_open,
               c.drift * pipeline_contract_value(p.total_order_value, p.new_enquiry_value) AS drift
        FROM changed c
        JOIN projects p ON p.monday_id = c.project_id
        JOIN pipeline_stage s ON s.stage = p.stage_rule
        WHERE NOT c.is_its_own AND $5 > 0 AND (NOT c.has_moved OR s.stage_bucket <> 'Open')
    ),
    -- What is kept back project by project must not add up: the largest are stored until the rest is within the limit.
    ranked AS (
        SELECT k.project_id, total.drift AS total,
               coalesce(sum(k.drift) OVER (ORDER BY abs(k.drift) DESC, k.project_id
                                           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS larger
        FROM kept_back k
        CROSS JOIN (SELECT sum(o.drift) AS drift FROM kept_back o WHERE o.is_open) AS total
        WHERE $1 IS NULL AND k.is_open AND sign(k.drift) = sign(total.drift)
    ),
    added_up AS MATERIALIZED (
        SELECT r.project_id FROM ranked r
        WHERE abs(r.total - r.larger) > analysis_drift_limit() * (
            SELECT sum(v.expected_value) FROM vw_pipeline_forecast_project_v1 v WHERE v.stage_bucket = 'Open')
    )
    INSERT INTO analysis_results AS stored (
        project_id, expected_gestation_days, gestation_confidence, expected_conversion_rate, conversion_confidence,
        rating_score, reasoning, adjustments, llm_model, llm_status, analysis_version, input_hash,
        processing_time_ms, analysis_timestamp)
    SELECT
        f.project_id, f.expected_gestation_days, f.gestation_confidence, f.expected_conversion_rate,
        f.conversion_confidence, f.rating, f.reasoning,
        format('{"baseline_rating": %%s, "rating_adjustment": 0}', f.rating)::jsonb,
        'numeric-baseline', 'none', analysis_version(), f.input_hash,
        round(extract(epoch FROM clock_timestamp() - $3) * 1000)::integer, now()
    FROM changed f
    WHERE NOT EXISTS (SELECT FROM kept_back k WHERE k.project_id = f.project_id)
       OR EXISTS (SELECT FROM added_up u WHERE u.project_id = f.project_id)
    ON CONFLICT (project_id) DO UPDATE
    SET expected_gestation_days = excluded.expected_gestation_days,
        gestation_confidence = excluded.gestation_confidence,
        expected_conversion_rate = excluded.expected_conversion_rate,
        conversion_confidence = excluded.conversion_confidence,
        -- An explanation outlives a change of its inputs, not of the numbers that it explains.
        (rating_score, reasoning, adjustments, confidence_notes, special_factors, summary, llm_model, llm_status) = (
            SELECT
                CASE WHEN kept THEN stored.rating_score ELSE excluded.rating_score END,
                CASE WHEN kept THEN stored.reasoning || excluded.reasoning ELSE excluded.reasoning END,
                CASE WHEN kept THEN stored.adjustments ELSE excluded.adjustments END,
                CASE WHEN kept THEN stored.confidence_notes END,
                CASE WHEN kept THEN stored.special_factors END,
                CASE WHEN kept THEN stored.summary END,
                CASE WHEN kept THEN stored.llm_model ELSE excluded.llm_model END,
                -- An answer that is on its way is to another request.
                CASE WHEN kept AND stored.llm_status = 'ok' THEN 'ok' ELSE 'none' END
            FROM (SELECT
                (stored.expected_gestation_days, stored.gestation_confidence, stored.expected_conversion_rate,
                 stored.conversion_confidence, stored.adjustments->'baseline_rating')
                IS NOT DISTINCT FROM
                (excluded.expected_gestation_days, excluded.gestation_confidence, excluded.expected_conversion_rate,
                 excluded.conversion_confidence, excluded.adjustments->'baseline_rating') AS kept) AS numbers
        ),
        analysis_version = excluded.analysis_version,
        input_hash = excluded.input_hash,
        processing_time_ms = excluded.processing_time_ms,
        analysis_timestamp = excluded.analysis_timestamp,
        updated_at = now()
    -- Another session may have stored the same since this statement began to read.
    WHERE stored.input_hash IS DISTINCT FROM excluded.input_hash
    $sql$, CASE WHEN cardinality(project_ids) <= 100 THEN 'compute_few_analyses' ELSE 'compute_analyses' END)
    USING project_ids, as_of, started, in_the_past,
          CASE WHEN as_of >= now() THEN pipeline_setting('analysis_tolerance_percent')::integer ELSE 0 END;
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END;
$$;
COMMENT ON FUNCTION pipeline.analyze_projects(text[], timestamptz) IS
    'Analyses the given projects (default: all) as of a moment and stores what changed; returns the number of rows written. An analysis of now whose project did not change is left as it is until its numbers moved beyond the setting analysis_tolerance_percent, or those of all together by more than half a percent of the expected value. A past moment is read from history where history covers it. Errors: P0002 unknown project, 22023 negative value, 22004 null; with all projects such rows are left out with a warning.';


CREATE FUNCTION pipeline.segment_statistics(project_id text, as_of timestamptz DEFAULT now()) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_layout();
    RETURN analysis_detail(
        ARRAY[coalesce(project_id, '')], as_of, reads_history(as_of))->'segment';
END;
$$;
COMMENT ON FUNCTION pipeline.segment_statistics(text, timestamptz) IS
    'The segment that a project is compared with: tier, filter, counts, weighted sums, rates (unrounded) and durations. Error P0002 for an unknown project.';
