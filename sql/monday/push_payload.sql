-- What is written back to a project's item: three numbers and one comment. The poller sends what it finds here.

CREATE FUNCTION pipeline_internal.html_text(value text, max_characters integer) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_html_text';
COMMENT ON FUNCTION pipeline_internal.html_text(text, integer) IS
    'A text as plain_text() leaves it, escaped for HTML.';

-- Bodies that are bound when they are made are inlined into the view that calls them for every project.
CREATE FUNCTION pipeline_internal.html_paragraph(heading text, value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN value <> '' THEN
    '<p>' || CASE WHEN heading <> '' THEN '<b>' || heading || '</b>: ' ELSE '' END
    || html_text(value, 1500) || '</p>' END;
COMMENT ON FUNCTION pipeline_internal.html_paragraph(text, text) IS
    'A paragraph with a heading of ours and a text of anybody; NULL for an empty text.';

CREATE FUNCTION pipeline_internal.confidence_suffix(confidence numeric) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN confidence IS NULL THEN '' ELSE ' (confidence ' || round(confidence * 100) || '%)' END;
COMMENT ON FUNCTION pipeline_internal.confidence_suffix(numeric) IS 'A confidence as a whole percentage, in brackets.';

CREATE FUNCTION pipeline_internal.push_heading() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 'Pipeline analysis';
COMMENT ON FUNCTION pipeline_internal.push_heading() IS
    'How the comment begins; by it our own is told from those of people.';

CREATE FUNCTION pipeline_internal.shown_numbers(days text, rate text, confidence numeric, rating text) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN jsonb_build_object('days', days::integer, 'rate', rate::numeric / 100, 'confidence', confidence,
                          'rating', rating::integer);
COMMENT ON FUNCTION pipeline_internal.shown_numbers(text, text, numeric, text) IS
    'The numbers that an item shows, as push_state keeps them.';

CREATE FUNCTION pipeline_internal.shown_has_moved(
    written jsonb,
    shown jsonb,
    segment_n integer,
    days_spread integer,
    tolerance_percent integer
) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN written IS NULL OR analysis_has_moved(
    ROW ((shown->>'days')::integer, (shown->>'rate')::numeric, (shown->>'confidence')::numeric,
         (shown->>'rating')::integer),
    ROW ((written->>'days')::integer, (written->>'rate')::numeric, (written->>'confidence')::numeric,
         (written->>'rating')::integer),
    segment_n, 2 * tolerance_percent, days_spread / 4.0);
COMMENT ON FUNCTION pipeline_internal.shown_has_moved(jsonb, jsonb, integer, integer, integer) IS
    'Whether what an item shows has moved beyond the tolerance since it was written; of the days, a quarter of the range that holds half of all durations, of the rate twice the tolerance. Also where it is unknown what was written.';

CREATE FUNCTION pipeline.monday_push_payload(project_id text) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    payload jsonb;
BEGIN
    PERFORM require_layout();
    SELECT jsonb_build_object(
        'columns', jsonb_strip_nulls(jsonb_build_object('days', c.days, 'rate', c.rate, 'rating', c.rating)),
        'comment_html', c.comment_html,
        'columns_hash', c.columns_hash,
        'comment_hash', c.comment_hash)
    INTO payload
    FROM push_content c
    WHERE c.project_id = monday_push_payload.project_id;
    IF payload IS NULL THEN
        IF NOT EXISTS (SELECT FROM projects p
                       WHERE p.monday_id = monday_push_payload.project_id AND p.state = 'active') THEN
            PERFORM raise_unknown_project(project_id);
        END IF;
        RAISE EXCEPTION USING
            ERRCODE = '55000',
            MESSAGE = format('project "%s" has no analysis to push', project_id),
            HINT = 'Call analyze_project() first.';
    END IF;
    RETURN payload;
END;
$$;
COMMENT ON FUNCTION pipeline.monday_push_payload(text) IS
    'What belongs on the item of a project: {columns {days, rate (percent, 2 decimals), rating} as texts, without what is unknown; comment_html; columns_hash; comment_hash}. Errors: P0002 unknown project, 55000 not analysed yet.';

CREATE FUNCTION pipeline.monday_push_due(max_projects integer DEFAULT 1000)
RETURNS TABLE(project_id text, columns_changed boolean, comment_changed boolean, since timestamptz)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_layout();
    IF max_projects IS NULL OR max_projects < 0 THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = 'max_projects must be zero or more',
            HINT = 'Leave it out for 1000.';
    END IF;
    RETURN QUERY
    SELECT d.project_id::text, d.columns_changed, d.comment_changed, d.since
    FROM push_due d
    ORDER BY d.since, d.project_id
    LIMIT max_projects;
END;
$$;
COMMENT ON FUNCTION pipeline.monday_push_due(integer) IS
    'The projects whose columns or comment moved beyond the tolerance since they were written, those that wait longest first. Error 22023 for a negative number.';
