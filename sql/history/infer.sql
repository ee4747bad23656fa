-- The past of projects of which no log tells, from what their own row vouches for.

CREATE FUNCTION pipeline.infer_project_history(
    lost_on text DEFAULT NULL,
    OUT projects bigint,
    OUT versions_written bigint,
    OUT not_inferred bigint
)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
SET jit = off
AS $$
BEGIN
    PERFORM require_writable('infer history');
    PERFORM require_layout();
    IF lost_on NOT IN ('expected_start_date', 'follow_up_date', 'date_order_received') THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('"%s" cannot be the day on which a project was lost', lost_on),
            HINT = 'Name expected_start_date, follow_up_date or date_order_received, or leave it out: lost projects have no past then.';
    END IF;
    PERFORM open_history_intake();
    -- Open from its creation on, at the value that it has; its dates of then, its probability and its stages nobody knows. It
    -- ends on the day that the row gives for its end; its duration is known with its first invoice.
    INSERT INTO pg_temp.pipeline_history_intake
        (project_id, valid_from, item_name, project_name, account, type, category, product_type, new_enquiry_value, date_created,
         sales_representative, state, pipeline_stage, total_order_value, date_order_received, gestation_period)
    WITH known AS (
        SELECT h.*, s.stage_bucket, p.first_date_invoiced,
               CASE WHEN s.stage_bucket = 'Committed' THEN h.date_order_received
                    WHEN s.stage_bucket = 'Lost' THEN CASE lost_on WHEN 'expected_start_date' THEN h.expected_start_date
                                                                   WHEN 'follow_up_date' THEN h.follow_up_date
                                                                   WHEN 'date_order_received' THEN h.date_order_received END
                    WHEN h.date_order_received IS NULL THEN 'infinity' END AS ended
        FROM first_observed h
        LEFT JOIN projects p ON p.monday_id = h.project_id
        CROSS JOIN LATERAL stage_rule_of(h.pipeline_stage) r
        JOIN pipeline_stage s ON s.stage = r.stage
        WHERE h.state = 'active'
    ),
    -- Of what ended on a day that nobody knows, nobody knows either until when it was open.
    vouched AS (
        SELECT k.* FROM known k
        WHERE k.date_created >= '1900-01-01' AND k.ended >= k.date_created AND timezone('UTC', k.date_created::timestamp) < k.begins
    )
    SELECT v.project_id, timezone('UTC', moment.day::timestamp), v.item_name, v.project_name, v.account, v.type, v.category,
           v.product_type, v.new_enquiry_value, v.date_created, v.sales_representative, 'active',
           CASE WHEN moment.has_ended THEN v.pipeline_stage END,
           CASE WHEN moment.has_ended THEN v.total_order_value END,
           CASE WHEN moment.has_ended THEN v.date_order_received END,
           CASE WHEN moment.is_invoiced THEN v.gestation_period END
    FROM vouched v
    CROSS JOIN LATERAL (
        VALUES (v.date_created, false, false), (v.ended, true, v.first_date_invoiced <= v.ended),
               (CASE WHEN v.first_date_invoiced > v.ended THEN v.first_date_invoiced END, true, true)
    ) AS moment (day, has_ended, is_invoiced)
    WHERE isfinite(moment.day) AND timezone('UTC', moment.day::timestamp) < v.begins
    ORDER BY v.project_id, moment.has_ended, moment.is_invoiced;
    SELECT m.projects, m.versions_written INTO projects, versions_written FROM merge_history_intake('inferred') m;
    SELECT count(*) INTO not_inferred
    FROM first_observed o
    WHERE NOT EXISTS (SELECT FROM project_history h WHERE h.project_id = o.project_id AND h.origin <> 'observed');
END;
$$;
COMMENT ON FUNCTION pipeline.infer_project_history(text) IS
    'Infers the past of projects of which no log tells (origin inferred), from the first observed version: open from date_created on at the value that it has, without a stage, a probability or a date that was typed later; ordered from date_order_received on; with its duration from the first invoice on. lost_on names the column that says when a project was lost; without it lost projects have no past, and rates of winning are too high then. not_inferred counts projects without any past. What was inferred before is replaced; a log takes its place. Error 22023 for another column.';
