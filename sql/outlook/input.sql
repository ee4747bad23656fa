-- What a run of the outlook reads: history up to its moment, and what earlier runs said.

-- The stage rules are those of the moment. An order is one from the day that its date says, unless it was lost.
CREATE OR REPLACE FUNCTION pipeline_data.outlook_versions(as_of timestamptz)
RETURNS TABLE(
    project_id text,
    valid_from timestamptz,
    state text,
    pipeline_stage text,
    type text,
    category text,
    sales_representative text,
    total_order_value numeric,
    new_enquiry_value numeric,
    date_created date,
    date_order_received date,
    stated_date date,
    probability_percent numeric,
    rest bigint
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT
    p.project_id, p.valid_from,
    CASE
        WHEN p.state <> 'active' THEN 'absent'
        WHEN coalesce(s.outcome, any_other.outcome) = 'lost' THEN 'lost'
        WHEN p.date_order_received IS NOT NULL OR coalesce(s.outcome, any_other.outcome) = 'won'
             OR coalesce(s.stage_bucket, any_other.stage_bucket) = 'Committed' THEN 'won'
        WHEN coalesce(s.stage_bucket, any_other.stage_bucket) = 'Open' THEN 'open'
        ELSE 'absent' END,
    p.pipeline_stage, p.type, p.category, p.sales_representative, p.total_order_value, p.new_enquiry_value,
    p.date_created, p.date_order_received, coalesce(p.expected_start_date, p.follow_up_date), p.probability_percent,
    -- What else makes a version a change.
    hash_record_extended(
        ROW (p.item_name, p.project_name, p.account, p.product_type, p.total_order_value, p.new_enquiry_value,
             p.gestation_period, p.expected_start_date, p.follow_up_date, p.state), 0)
FROM project_history p
LEFT JOIN pipeline_stage_history s
    ON s.stage = p.pipeline_stage
    AND s.valid_from <= as_of AND (s.valid_to > as_of OR s.valid_to IS NULL)
LEFT JOIN pipeline_stage_history any_other
    ON any_other.stage = '(any other)'
    AND any_other.valid_from <= as_of AND (any_other.valid_to > as_of OR any_other.valid_to IS NULL)
WHERE p.valid_from <= as_of;
END;

COMMENT ON FUNCTION pipeline_data.outlook_versions(timestamptz) IS
    'Every version of every project that was recorded up to a moment, and what the stage rules of that moment make of it: open, won, lost or absent.';

-- Of two runs of one moment the later one holds.
CREATE OR REPLACE VIEW pipeline_data.outlook_valid_run AS
SELECT r.*
FROM outlook_run r
WHERE NOT EXISTS (SELECT FROM outlook_run later WHERE later.as_of = r.as_of AND later.run_id > r.run_id);

COMMENT ON VIEW pipeline_data.outlook_valid_run IS
    'The runs that hold: one for each moment.';

CREATE OR REPLACE VIEW pipeline_data.outlook_newest_run AS
SELECT r.* FROM outlook_run r ORDER BY r.as_of DESC, r.run_id DESC LIMIT 1;

COMMENT ON VIEW pipeline_data.outlook_newest_run IS 'The run of the latest moment.';

CREATE OR REPLACE FUNCTION pipeline_data.outlook_past(as_of timestamptz)
RETURNS TABLE(
    run_id integer,
    as_of timestamptz,
    month date,
    horizon smallint,
    span text,
    before_blend double precision,
    k1 double precision,
    k2 double precision,
    top_down double precision,
    p10 numeric,
    p90 numeric
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT r.run_id, r.as_of, m.month, m.horizon, m.span, m.before_blend, m.k1, m.k2, m.top_down, m.p10, m.p90
FROM outlook_valid_run r
JOIN outlook_month m ON m.run_id = r.run_id AND m.part = 'total'
WHERE r.as_of < outlook_past.as_of AND is_month_start(r.as_of);
END;

COMMENT ON FUNCTION pipeline_data.outlook_past(timestamptz) IS
    'What the runs of earlier month starts said of their months: those that the outlook is measured by.';
