-- What belongs on the item of each analysed project. One place for the payload and for what is due, so that a hash
-- differs exactly when the content does.
CREATE OR REPLACE VIEW pipeline_data.push_content AS
SELECT
    content.project_id,
    content.since,
    content.days,
    content.rate,
    content.rating,
    content.confidence,
    content.segment_n,
    content.days_spread,
    content.comment_html,
    md5(jsonb_build_array(content.days, content.rate, content.rating)::text) AS columns_hash,
    md5(content.comment_html) AS comment_hash,
    -- What was said in words: the figures around it move with every project that is won or lost.
    md5(content.said::text) AS text_hash
FROM (
    SELECT
        a.project_id,
        a.updated_at AS since,
        a.expected_gestation_days::text AS days,
        round(a.expected_conversion_rate * 100, 2)::text AS rate,
        a.rating_score::text AS rating,
        a.conversion_confidence AS confidence,
        (r.metrics_used->>'segment_n')::integer AS segment_n,
        (r.metrics_used->>'gestation_p75')::integer - (r.metrics_used->>'gestation_p25')::integer AS days_spread,
        jsonb_build_array(a.summary, r.gestation, r.conversion, r.rating) AS said,
        concat(
            '<h3>', push_heading(), '</h3><ul><li>Days from design to invoice: ',
            coalesce(a.expected_gestation_days::text, 'unknown') || confidence_suffix(a.gestation_confidence),
            '</li><li>Conversion: ',
            coalesce(percent_text(a.expected_conversion_rate, 1), 'unknown')
                || confidence_suffix(a.conversion_confidence),
            '</li><li>Rating: ', coalesce(a.rating_score || ' of 100', 'unknown'), '</li></ul>',
            html_paragraph('', a.summary),
            html_paragraph('Days', r.gestation),
            html_paragraph('Conversion', r.conversion),
            html_paragraph('Rating', r.rating),
            html_paragraph('Figures used', concat_ws('; ',
                r.metrics_used->>'segment_n' || ' projects',
                'compared by ' || nullif(r.cluster, ''),
                r.metrics_used->>'wins' || ' won, ' || (r.metrics_used->>'losses') || ' lost, ' || (r.metrics_used->>'open') || ' open',
                'half of the durations between ' || (r.metrics_used->>'gestation_p25') || ' and '
                    || (r.metrics_used->>'gestation_p75') || ' days',
                'mean value ' || (r.metrics_used->>'mean_value')))) AS comment_html
    FROM analysis_results a
    JOIN projects p ON p.monday_id = a.project_id
    -- Unpacked once: each look into a large document would decompress it anew.
    LEFT JOIN LATERAL jsonb_to_record(CASE WHEN jsonb_typeof(a.reasoning) = 'object' THEN a.reasoning END)
        AS r (gestation text, conversion text, rating text, cluster text, metrics_used jsonb) ON true
    WHERE p.state = 'active'
) content;

COMMENT ON VIEW pipeline_data.push_content IS
    'The columns and the comment of every analysed, active project, with their hashes.';
