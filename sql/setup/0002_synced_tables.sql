-- What is synchronised from boards or imported. Rows are soft-deleted (state), never lost.
-- Ids are compared byte by byte (collation "C"): they are keys, not words, and their indexes are smaller and faster.
CREATE TABLE @extschema@.projects (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    monday_id text COLLATE "C" NOT NULL UNIQUE,
    item_name text NOT NULL,
    project_name text,
    pipeline_stage text,
    type text,
    category text,
    zip_code text,
    sales_representative text,
    funding text,
    feedback text,
    lost_to_who_or_why text,
    date_created date,
    expected_start_date date,
    follow_up_date date,
    probability_percent numeric(6,3),
    account text,
    product_type text,
    new_enquiry_value numeric(14,2),
    project_value numeric(14,2),
    weighted_pipeline numeric(14,2),
    total_order_value numeric(14,2),
    date_order_received date,
    first_date_designed date,
    last_date_designed date,
    first_date_invoiced date,
    last_date_invoiced date,
    total_amount_invoiced numeric(14,2),
    gestation_period integer,
    value_band text GENERATED ALWAYS AS (
        CASE
            WHEN coalesce(new_enquiry_value, 0) <= 0 THEN 'Zero'
            WHEN new_enquiry_value <= 15000 THEN 'Small (<15k)'
            WHEN new_enquiry_value <= 40000 THEN 'Medium (15-40k)'
            WHEN new_enquiry_value <= 100000 THEN 'Large (40-100k)'
            ELSE 'XLarge (>100k)'
        END
    ) STORED,
    stated_date date GENERATED ALWAYS AS (
        coalesce(date_order_received, expected_start_date, follow_up_date)
    ) STORED,
    stage_rule text NOT NULL DEFAULT '(any other)',
    stage_bucket text NOT NULL DEFAULT 'Open',
    monday_updated_at timestamptz,
    state text NOT NULL DEFAULT 'active',
    deleted_at timestamptz,
    last_synced_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT projects_state_known CHECK (state IN ('active', 'archived', 'deleted')),
    CONSTRAINT projects_stage_bucket_known CHECK (stage_bucket IN ('Committed', 'Open', 'Lost'))
);

COMMENT ON TABLE @extschema@.projects IS
    'One row per project (parent item). Money in the pipeline''s one currency, days in UTC. Only rows with state active are forecast.';
COMMENT ON COLUMN @extschema@.projects.monday_id IS 'The id by which everything refers to the project (project_id elsewhere).';
COMMENT ON COLUMN @extschema@.projects.probability_percent IS
    'The probability that people state, 0..100. NULL means that nobody stated one; 0 means zero.';
COMMENT ON COLUMN @extschema@.projects.gestation_period IS 'Days from the first design to the first invoice, 0..500000.';
COMMENT ON COLUMN @extschema@.projects.stated_date IS
    'The first known of order date, expected start and follow-up: the forecast date wherever it is known. Indexed, so that date ranges of the forecast reach this table.';
COMMENT ON COLUMN @extschema@.projects.stage_rule IS
    'The row of pipeline_stage that applies, kept by a trigger: pipeline_stage itself, or (any other).';
COMMENT ON COLUMN @extschema@.projects.stage_bucket IS
    'The bucket of that rule, kept with it, so that the planner knows how many projects a bucket has and can use an index.';

CREATE INDEX projects_account_idx ON @extschema@.projects (account);
CREATE INDEX projects_stage_bucket_idx ON @extschema@.projects (stage_bucket);
CREATE INDEX projects_stated_date_idx ON @extschema@.projects (stated_date);
CREATE INDEX projects_date_created_idx ON @extschema@.projects (date_created);
-- The wider segments of the analysis.
CREATE INDEX projects_segment_idx ON @extschema@.projects (category, type, product_type);

CREATE TABLE @extschema@.hidden_items (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    monday_id text COLLATE "C" NOT NULL UNIQUE,
    item_name text NOT NULL,
    status text,
    prefix text,
    revision text,
    project_name text,
    account text,
    product_type text,
    reason_for_change text,
    designer text,
    surveyor text,
    area numeric,
    fall text,
    deck_type text,
    layering text,
    u_value numeric,
    min_thickness numeric,
    max_thickness numeric,
    volume_m3 numeric,
    wastage_percent numeric,
    approx_bonding text,
    date_received date,
    date_design_completed date,
    date_quoted date,
    date_order_received date,
    date_project_won date,
    date_project_closed date,
    requested_delivery_date date,
    final_delivery_date date,
    invoice_date date,
    invoice_number text,
    amount_invoiced numeric(14,2),
    quote_amount numeric(14,2),
    m2_rate numeric(14,2),
    material_value numeric(14,2),
    transport_cost numeric(14,2),
    tp_margin numeric,
    distributor_margin numeric,
    commission numeric,
    target_gpm numeric,
    time_taken numeric,
    cust_order_value_material numeric(14,2),
    order_status text,
    customer_po text,
    supplier1 text,
    supplier2 text,
    delivery_address text,
    urgency text,
    project_attachments text,
    account_id text,
    contact_id text,
    monday_updated_at timestamptz,
    state text NOT NULL DEFAULT 'active',
    deleted_at timestamptz,
    last_synced_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT hidden_items_state_known CHECK (state IN ('active', 'archived', 'deleted'))
);

COMMENT ON TABLE @extschema@.hidden_items IS
    'One row per item of the hidden board: the source of every quote, order and invoice field.';

CREATE TABLE @extschema@.subitems (
    LIKE @extschema@.hidden_items INCLUDING DEFAULTS INCLUDING GENERATED,
    parent_monday_id text COLLATE "C",
    hidden_item_id text COLLATE "C",
    link_method text NOT NULL DEFAULT 'none',
    new_enquiry_value numeric(14,2),
    PRIMARY KEY (id),
    UNIQUE (monday_id),
    CONSTRAINT subitems_state_known CHECK (state IN ('active', 'archived', 'deleted')),
    CONSTRAINT subitems_link_method_known
        CHECK (link_method IN ('relation', 'exact_name', 'normalized_name', 'none'))
);

COMMENT ON TABLE @extschema@.subitems IS
    'One row per subitem (quote or revision) of a project, with the fields of its hidden item as seen through the link.';

CREATE INDEX subitems_parent_idx ON @extschema@.subitems (parent_monday_id);
CREATE INDEX subitems_hidden_item_idx ON @extschema@.subitems (hidden_item_id);
CREATE INDEX subitems_invoice_date_idx ON @extschema@.subitems (invoice_date) WHERE invoice_date IS NOT NULL;
