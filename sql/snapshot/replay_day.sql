-- One day of the past: analysed and forecast from what was known then. What is published lies in tables of their owner.

CREATE OR REPLACE FUNCTION pipeline_data.keep_replayed_analyses(moment timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
SET jit = off
SET work_mem = '64MB'
AS $$
DECLARE
    written bigint;
BEGIN
    -- Where analyses were observed already, they are what was known.
    CREATE TEMP TABLE pipeline_replayed_analysis ON COMMIT DROP AS
    SELECT a.project_id, a.expected_gestation_days, a.gestation_confidence, a.expected_conversion_rate,
           a.conversion_confidence, a.rating
    FROM compute_analyses(NULL, moment, true) a
    LEFT JOIN (
        SELECT DISTINCT h.project_id FROM analysis_history h WHERE h.origin = 'observed' AND h.valid_from <= moment
    ) observed ON observed.project_id = a.project_id
    WHERE observed.project_id IS NULL;
    ANALYZE pg_temp.pipeline_replayed_analysis;

    EXECUTE $sql$
        WITH held AS MATERIALIZED (
            SELECT h.project_id, h.valid_from, h.valid_to, h.expected_gestation_days, h.gestation_confidence,
                   h.expected_conversion_rate, h.conversion_confidence, h.rating_score
            FROM analysis_history h
            WHERE h.origin = 'replayed' AND h.valid_from <= $1 AND h.valid_to > $1
        ),
        changed AS MATERIALIZED (
            SELECT f.*, h.project_id AS held_id, h.valid_from AS held_from, h.valid_to AS held_to
            FROM pg_temp.pipeline_replayed_analysis f
            FULL JOIN held h ON h.project_id = f.project_id
            WHERE (f.project_id, f.expected_gestation_days, f.gestation_confidence, f.expected_conversion_rate,
                   f.conversion_confidence, f.rating)
                IS DISTINCT FROM (h.project_id, h.expected_gestation_days, h.gestation_confidence, h.expected_conversion_rate,
                                  h.conversion_confidence, h.rating_score)
        ),
        ended AS (
            UPDATE analysis_history h SET valid_to = $1
            FROM changed c
            WHERE h.project_id = c.held_id AND h.valid_from = c.held_from AND c.held_from < $1
        )
        INSERT INTO analysis_history AS h (
            project_id, valid_from, valid_to, expected_gestation_days, gestation_confidence, expected_conversion_rate,
            conversion_confidence, rating_score, analysis_timestamp, llm_status, origin)
        -- It holds until the next one, and no longer than until now: an open end is that of a current analysis.
        SELECT c.project_id, $1,
               coalesce(c.held_to, (SELECT min(n.valid_from) FROM analysis_history n
                                    WHERE n.project_id = c.project_id AND n.valid_from > $1), now()),
               c.expected_gestation_days, c.gestation_confidence, c.expected_conversion_rate, c.conversion_confidence,
               c.rating, $1, 'none', 'replayed'
        FROM changed c
        WHERE c.project_id IS NOT NULL
        ORDER BY c.project_id
        ON CONFLICT (project_id, valid_from) DO UPDATE
        SET (expected_gestation_days, gestation_confidence, expected_conversion_rate, conversion_confidence, rating_score)
            = (excluded.expected_gestation_days, excluded.gestation_confidence, excluded.expected_conversion_rate,
               excluded.conversion_confidence, excluded.rating_score)
        WHERE h.origin = 'replayed'
    $sql$ USING moment;
    GET DIAGNOSTICS written = ROW_COUNT;
    DROP TABLE pg_temp.pipeline_replayed_analysis;
    IF written > 10000 THEN
        ANALYZE analysis_history;
    END IF;
    RETURN written;
END;
$$;
COMMENT ON FUNCTION pipeline_data.keep_replayed_analyses(timestamptz) IS
    'Computes the analyses as of a past moment from what history knew then, and keeps in analysis_history (origin replayed) those that differ from what holds at that moment; returns their number. Projects with an observed analysis by then keep it.';
ALTER FUNCTION pipeline_data.keep_replayed_analyses(timestamptz) DEPENDS ON EXTENSION pipeline_forecast;

CREATE OR REPLACE FUNCTION pipeline_data.replay_day(day date) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('pipeline_forecast.snapshot'));
    IF EXISTS (
        SELECT FROM pipeline_forecast_snapshot_day d
        WHERE d.snapshot_date = day AND (d.source <> 'history' OR NOT d.is_outdated)) THEN
        RETURN false;
    END IF;
    PERFORM keep_replayed_analyses(end_of_day(day));
    PERFORM create_pipeline_forecast_snapshot(day);
    RETURN true;
END;
$$;
COMMENT ON FUNCTION pipeline_data.replay_day(date) IS
    'Takes the snapshot of a past day from history, with the analyses of then. Returns false, and changes nothing, where there is one that was taken on its day, on request from another state, or from history as it is now.';
ALTER FUNCTION pipeline_data.replay_day(date) DEPENDS ON EXTENSION pipeline_forecast;
