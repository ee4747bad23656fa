-- The quotes, orders and invoices of a project: its subitems, and the hidden items that hold their plain inputs.
CREATE TABLE pipeline.hidden_items (
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
    board_id text COLLATE "C",
    direct_fields text[] NOT NULL DEFAULT '{}',
    name_key text GENERATED ALWAYS AS (
        lower(btrim(regexp_replace(item_name, '\s+', ' ', 'g')))
    ) STORED,
    CONSTRAINT hidden_items_state_known CHECK (state IN ('active', 'archived', 'deleted'))
);

COMMENT ON TABLE pipeline.hidden_items IS
    'One row per item of the hidden board: the source of every quote, order and invoice field.';
COMMENT ON COLUMN pipeline.hidden_items.direct_fields IS
    'Fields that were read from a column of the board and are therefore not derived.';

CREATE TABLE pipeline.subitems (
    LIKE hidden_items INCLUDING DEFAULTS INCLUDING GENERATED,
    parent_monday_id text COLLATE "C",
    hidden_item_id text COLLATE "C",
    link_method text NOT NULL DEFAULT 'none',
    new_enquiry_value numeric(14,2),
    relation_ids text[] COLLATE "C" NOT NULL DEFAULT '{}',
    monday_created_at timestamptz,
    PRIMARY KEY (id),
    UNIQUE (monday_id),
    CONSTRAINT subitems_state_known CHECK (state IN ('active', 'archived', 'deleted')),
    CONSTRAINT subitems_link_method_known
        CHECK (link_method IN ('relation', 'exact_name', 'normalized_name', 'none'))
);

COMMENT ON TABLE pipeline.subitems IS
    'One row per subitem (quote or revision) of a project, with the fields of its hidden item as seen through the link.';

COMMENT ON COLUMN pipeline.subitems.direct_fields IS
    'Fields that were read from a column of the subitem''s own board; every other field is that of the hidden item.';
COMMENT ON COLUMN pipeline.subitems.relation_ids IS 'The hidden items that the subitem is connected to on its board.';
COMMENT ON COLUMN pipeline.subitems.monday_created_at IS
    'When the subitem was made; of names that are equally frequent the newest subitem''s counts.';
COMMENT ON COLUMN pipeline.subitems.name_key IS
    'The name without white space at its ends, with single blanks, in lower case: the key of link_method normalized_name.';

CREATE INDEX subitems_parent_idx ON subitems (parent_monday_id);
CREATE INDEX subitems_hidden_item_idx ON subitems (hidden_item_id);
CREATE INDEX subitems_invoice_date_idx ON subitems (invoice_date) WHERE invoice_date IS NOT NULL;
CREATE INDEX hidden_items_board_idx ON hidden_items (board_id);
CREATE INDEX subitems_board_idx ON subitems (board_id);
-- Hashed: a name may be longer than a sorted index can hold.
CREATE INDEX hidden_items_name_idx ON hidden_items USING hash (name_key);
CREATE INDEX subitems_name_idx ON subitems USING hash (name_key);
-- The number with which a name begins finds candidates; by itself it links nothing.
CREATE INDEX hidden_items_number_idx ON hidden_items USING hash ((substring(item_name FROM '^\d+')));
CREATE INDEX subitems_relation_idx ON subitems USING gin (relation_ids);
