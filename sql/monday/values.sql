-- What is derived from what was read on the boards. Each function below gives, as SQL text, the common table
-- expression `final`: the rows of a table as they ought to be, from `own`, the rows with what the board itself says.
-- write_monday_rows() puts the pieces together; fields in direct_fields are the board's own and never derived.

CREATE FUNCTION pipeline_internal.name_key(item_name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN lower(btrim(regexp_replace(item_name, E'\\s+', ' ', 'g')));
COMMENT ON FUNCTION pipeline_internal.name_key(text) IS
    'The name of an item as name_key of hidden_items and subitems has it.';

CREATE FUNCTION pipeline_internal.storable_amount(amount numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN abs(amount) < 100000000000000 THEN amount END;
COMMENT ON FUNCTION pipeline_internal.storable_amount(numeric) IS
    'An amount that the forecast can hold, else NULL.';

-- Unrounded factors first and one division last, so that the result is rounded once.
CREATE FUNCTION pipeline_internal.quote_amount(
    material_value numeric, transport_cost numeric, tp_margin numeric, distributor_margin numeric, commission numeric
) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN round((material_value + transport_cost) * 100
    / nullif(100 - coalesce(tp_margin, 0) - coalesce(distributor_margin, 0) - coalesce(commission, 0), 0), 2);
COMMENT ON FUNCTION pipeline_internal.quote_amount(numeric, numeric, numeric, numeric, numeric) IS
    'Material and transport divided by one minus the gross profit margin; NULL where one of them is unknown, and at a margin of 100 %.';

CREATE FUNCTION pipeline_internal.weighted_pipeline_value(amount numeric, percent numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN sign(amount) * ceil(abs(amount) * percent) / 100;
COMMENT ON FUNCTION pipeline_internal.weighted_pipeline_value(numeric, numeric) IS
    'A share of an amount, rounded up to the cent (away from zero).';

CREATE FUNCTION pipeline_internal.gestation_between(first_designed date, first_invoiced date) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN first_designed IS NULL THEN NULL
    WHEN first_invoiced - first_designed BETWEEN 0 AND 500000 THEN first_invoiced - first_designed
    ELSE 0 END;
COMMENT ON FUNCTION pipeline_internal.gestation_between(date, date) IS
    'Days from the first design to the first invoice; 0 without an invoice and where they are in the wrong order, NULL without a design.';

CREATE FUNCTION pipeline_internal.distinct_list(list text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT string_agg(part.text, ', ' ORDER BY part.first)
    FROM (
        SELECT btrim(p.text) AS text, min(p.n) AS first
        FROM unnest(string_to_array(list, ',')) WITH ORDINALITY AS p (text, n)
        WHERE btrim(p.text) <> ''
        GROUP BY btrim(p.text)
    ) part
$$;
COMMENT ON FUNCTION pipeline_internal.distinct_list(text) IS
    'A list with commas, each part trimmed and only once; NULL if nothing is left.';

CREATE FUNCTION pipeline_internal.linked_board_pairs() RETURNS TABLE(subitem_board text, hidden_board text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT s.board_id, h.board_id
    FROM monday_board s
    JOIN monday_board h ON h.role = 'hidden' AND s.role = 'subitem'
    WHERE h.parent_board_id = s.parent_board_id
       OR NOT EXISTS (SELECT FROM monday_board near WHERE near.role = 'hidden' AND near.parent_board_id = s.parent_board_id)
$$;
COMMENT ON FUNCTION pipeline_internal.linked_board_pairs() IS
    'On which hidden boards the subitems of a board look for their names: those of the same parent board, where it has none all.';

-- Parts of the statements ------------------------------------------------------------------------------------------

CREATE FUNCTION pipeline_internal.hidden_values_sql() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $function$
    SELECT format($sql$
        final AS (
            SELECT o.monday_id, o.board_id, o.item_name, o.state, o.monday_updated_at, o.direct_fields, %1$s,
                q.quote_amount, r.m2_rate,
                array_remove(ARRAY[
                    CASE WHEN quote.derived <> 0 AND q.quote_amount IS NULL THEN 'quote_amount' END,
                    CASE WHEN rate.derived <> 0 AND r.m2_rate IS NULL THEN 'm2_rate' END], NULL) AS out_of_range
            FROM own o
            CROSS JOIN LATERAL (SELECT CASE WHEN 'quote_amount' <> ALL (o.direct_fields) THEN
                quote_amount(o.material_value, o.transport_cost, o.tp_margin, o.distributor_margin, o.commission)
                END AS derived) quote
            CROSS JOIN LATERAL (SELECT CASE WHEN 'quote_amount' = ANY (o.direct_fields) THEN o.quote_amount
                ELSE storable_amount(quote.derived) END AS quote_amount) q
            CROSS JOIN LATERAL (SELECT CASE WHEN 'm2_rate' <> ALL (o.direct_fields) THEN
                round(q.quote_amount / nullif(o.area, 0), 2) END AS derived) rate
            CROSS JOIN LATERAL (SELECT CASE WHEN 'm2_rate' = ANY (o.direct_fields) THEN o.m2_rate
                ELSE storable_amount(rate.derived) END AS m2_rate) r
        )$sql$,
        (SELECT string_agg('o.' || f.field, ', ') FROM monday_fields('hidden') f
         WHERE f.field NOT IN ('quote_amount', 'm2_rate')))
$function$;
COMMENT ON FUNCTION pipeline_internal.hidden_values_sql() IS
    'SQL that derives the amounts of hidden items.';

-- The link to the hidden item, and every field as seen through it: the connection, else the name, where on both sides
-- nothing else has it; what several share by name would count as often. Among several connected items one with an order or
-- an invoice comes first, then the one that was changed last, then the lowest id.
CREATE FUNCTION pipeline_internal.subitem_values_sql() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $function$
    SELECT format($sql$
        -- A subitem board looks for names on the hidden boards of its parent board; where that has none, on all. What
        -- belongs to no board looks everywhere and is found from everywhere.
        board_pair AS MATERIALIZED (
            SELECT p.subitem_board, p.hidden_board FROM linked_board_pairs() p
        ),
        -- The boards whose quotes have a reason for change, here or behind the link.
        reasoned AS MATERIALIZED (
            SELECT c.board_id FROM monday_column c WHERE c.field = 'reason_for_change'
            UNION
            SELECT p.subitem_board
            FROM board_pair p
            JOIN monday_column c ON c.board_id = p.hidden_board AND c.field = 'reason_for_change'
        ),
        named AS MATERIALIZED (
            SELECT o.monday_id, coalesce(o.board_id, '') AS board_id, name_key(o.item_name) AS name_key, o.state
            FROM own o
        ),
        lone_name AS MATERIALIZED (
            SELECT n.board_id, n.name_key, min(h.monday_id) AS hidden_item_id, min(coalesce(h.board_id, '')) AS hidden_board
            FROM (SELECT DISTINCT n.board_id, n.name_key FROM named n WHERE n.name_key <> '') n
            JOIN hidden_items h ON h.name_key = n.name_key AND h.state = 'active'
            WHERE n.board_id = '' OR h.board_id IS NULL
               OR EXISTS (SELECT FROM board_pair b WHERE b.subitem_board = n.board_id AND b.hidden_board = h.board_id)
            GROUP BY n.board_id, n.name_key
            HAVING count(*) = 1
        ),
        -- The active subitems that have such a name, with those that are written now as they will be.
        bearer AS MATERIALIZED (
            SELECT l.board_id, l.name_key, count(*) AS subitems
            FROM lone_name l
            JOIN (
                SELECT n.board_id, n.name_key FROM named n WHERE n.state = 'active'
                UNION ALL
                SELECT coalesce(s.board_id, ''), s.name_key
                FROM subitems s
                WHERE s.state = 'active' AND s.name_key IN (SELECT l.name_key FROM lone_name l)
                  AND NOT EXISTS (SELECT FROM named n WHERE n.monday_id = s.monday_id)
            ) other ON other.name_key = l.name_key
            WHERE other.board_id IN (l.board_id, '') OR l.hidden_board = ''
               OR EXISTS (SELECT FROM board_pair b WHERE b.subitem_board = other.board_id AND b.hidden_board = l.hidden_board)
            GROUP BY l.board_id, l.name_key
        ),
        candidate AS (
            SELECT o.monday_id, h.monday_id AS hidden_item_id, 'relation' AS link_method, 1 AS preference
            FROM own o
            CROSS JOIN LATERAL unnest(o.relation_ids) AS related (id)
            JOIN hidden_items h ON h.monday_id = related.id AND h.state = 'active'
            UNION ALL
            SELECT o.monday_id, h.monday_id,
                CASE WHEN h.item_name = o.item_name THEN 'exact_name' ELSE 'normalized_name' END, 2
            FROM own o
            JOIN lone_name l ON l.board_id = coalesce(o.board_id, '') AND l.name_key = name_key(o.item_name)
            JOIN hidden_items h ON h.monday_id = l.hidden_item_id
            LEFT JOIN bearer b ON b.board_id = l.board_id AND b.name_key = l.name_key
            WHERE coalesce(b.subitems, 0) = (o.state = 'active')::integer
        ),
        link AS MATERIALIZED (
            SELECT DISTINCT ON (c.monday_id) c.monday_id, c.hidden_item_id, c.link_method
            FROM candidate c
            JOIN hidden_items h ON h.monday_id = c.hidden_item_id
            ORDER BY c.monday_id, c.preference,
                (coalesce(h.cust_order_value_material, 0) <> 0 OR h.date_order_received IS NOT NULL
                    OR h.invoice_date IS NOT NULL OR h.invoice_number IS NOT NULL
                    OR coalesce(h.amount_invoiced, 0) <> 0) DESC,
                h.monday_updated_at DESC NULLS LAST, length(h.monday_id), h.monday_id
        ),
        seen AS (
            SELECT o.monday_id, o.board_id, o.item_name, o.state, o.monday_updated_at, o.direct_fields,
                o.parent_monday_id, o.monday_created_at, o.relation_ids, l.hidden_item_id, coalesce(l.link_method, 'none') AS link_method,
                o.new_enquiry_value AS own_new_enquiry_value, h.quote_amount AS linked_quote_amount,
                -- Where no board says why a quote was made, each is an enquiry.
                o.board_id IS NULL OR EXISTS (SELECT FROM reasoned r WHERE r.board_id IN (o.board_id, h.board_id)) AS has_reason,
                h.m2_rate AS linked_m2_rate, %1$s
            FROM own o
            LEFT JOIN link l ON l.monday_id = o.monday_id
            LEFT JOIN hidden_items h ON h.monday_id = l.hidden_item_id
        ),
        final AS (
            SELECT s.monday_id, s.board_id, s.item_name, s.state, s.monday_updated_at, s.direct_fields,
                s.parent_monday_id, s.monday_created_at, s.relation_ids, s.hidden_item_id, s.link_method, %2$s,
                q.quote_amount,
                CASE WHEN 'm2_rate' = ANY (s.direct_fields) THEN s.m2_rate
                     ELSE coalesce(s.linked_m2_rate, storable_amount(round(q.quote_amount / nullif(s.area, 0), 2)))
                     END AS m2_rate,
                CASE WHEN 'new_enquiry_value' = ANY (s.direct_fields) THEN s.own_new_enquiry_value
                     WHEN s.reason_for_change = $7 OR NOT s.has_reason THEN q.quote_amount
                     ELSE 0 END AS new_enquiry_value,
                '{}'::text[] AS out_of_range
            FROM seen s
            CROSS JOIN LATERAL (SELECT CASE WHEN 'quote_amount' = ANY (s.direct_fields) THEN s.quote_amount
                ELSE coalesce(s.linked_quote_amount, storable_amount(quote_amount(
                    s.material_value, s.transport_cost, s.tp_margin, s.distributor_margin, s.commission)))
                END AS quote_amount) q
        )$sql$,
        (SELECT string_agg(format('CASE WHEN %1$L = ANY (o.direct_fields) THEN o.%1$I ELSE h.%1$I END AS %1$I', f.field), ', ')
         FROM monday_fields('hidden') f),
        (SELECT string_agg('s.' || f.field, ', ') FROM monday_fields('hidden') f
         WHERE f.field NOT IN ('quote_amount', 'm2_rate')))
$function$;
COMMENT ON FUNCTION pipeline_internal.subitem_values_sql() IS
    'SQL that links subitems to hidden items and shows the fields through the link.';

CREATE FUNCTION pipeline_internal.project_values_sql() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $function$
    SELECT format($sql$
        part AS MATERIALIZED (
            SELECT s.*
            FROM own o
            JOIN subitems s ON s.parent_monday_id = o.monday_id AND s.state = 'active'
        ),
        total AS (
            SELECT p.parent_monday_id AS monday_id,
                sum(p.new_enquiry_value) AS new_enquiry_value,
                sum(CASE WHEN p.quote_amount IS NULL THEN NULL WHEN p.status = ANY ($6) THEN 0 ELSE p.quote_amount END)
                    AS project_value,
                sum(p.cust_order_value_material) AS total_order_value,
                sum(p.amount_invoiced) AS total_amount_invoiced,
                min(p.date_order_received) AS date_order_received,
                min(p.date_design_completed) AS first_date_designed,
                max(p.date_design_completed) AS last_date_designed,
                min(p.invoice_date) AS first_date_invoiced,
                max(p.invoice_date) AS last_date_invoiced
            FROM part p
            GROUP BY p.parent_monday_id
        ),
        most_frequent AS (
            SELECT DISTINCT ON (p.parent_monday_id, t.field) p.parent_monday_id AS monday_id, t.field, t.text
            FROM part p
            CROSS JOIN LATERAL (VALUES ('account', p.account), ('product_type', p.product_type),
                                       ('project_name', p.project_name)) AS t (field, text)
            WHERE t.text IS NOT NULL
            GROUP BY p.parent_monday_id, t.field, t.text
            ORDER BY p.parent_monday_id, t.field, count(*) DESC, max(p.monday_created_at) DESC NULLS LAST, t.text COLLATE "C"
        ),
        wording AS (
            SELECT m.monday_id,
                max(m.text) FILTER (WHERE m.field = 'account') AS account,
                max(m.text) FILTER (WHERE m.field = 'product_type') AS product_type,
                max(m.text) FILTER (WHERE m.field = 'project_name') AS project_name
            FROM most_frequent m
            GROUP BY m.monday_id
        ),
        summed AS (
            SELECT o.monday_id, o.board_id, o.item_name, o.state, o.monday_updated_at, o.direct_fields, %1$s, %2$s,
                CASE WHEN 'project_name' = ANY (o.direct_fields) THEN o.project_name ELSE w.project_name END AS project_name,
                CASE WHEN 'account' = ANY (o.direct_fields) THEN o.account
                     ELSE distinct_list(w.account) END AS account,
                CASE WHEN 'product_type' = ANY (o.direct_fields) THEN o.product_type
                     ELSE distinct_list(w.product_type) END AS product_type,
                o.weighted_pipeline, o.gestation_period
            FROM own o
            LEFT JOIN total t ON t.monday_id = o.monday_id
            LEFT JOIN wording w ON w.monday_id = o.monday_id
        ),
        final AS (
            SELECT s.monday_id, s.board_id, s.item_name, s.state, s.monday_updated_at, s.direct_fields, %3$s,
                s.project_name, s.account, s.product_type, s.date_order_received,
                s.first_date_designed, s.last_date_designed, s.first_date_invoiced, s.last_date_invoiced,
                %4$s,
                CASE WHEN 'weighted_pipeline' = ANY (s.direct_fields) THEN s.weighted_pipeline
                     ELSE weighted_pipeline_value(storable_amount(s.project_value), s.probability_percent)
                     END AS weighted_pipeline,
                CASE WHEN 'gestation_period' = ANY (s.direct_fields) THEN s.gestation_period
                     ELSE gestation_between(s.first_date_designed, s.first_date_invoiced)
                     END AS gestation_period,
                array_remove(ARRAY[%5$s], NULL) AS out_of_range
            FROM summed s
        )$sql$,
        (SELECT string_agg('o.' || f.field, ', ') FROM monday_fields('parent') f
         WHERE NOT f.is_derived AND NOT f.is_written),
        (SELECT string_agg(format('CASE WHEN %1$L = ANY (o.direct_fields) THEN o.%1$I ELSE t.%1$I END AS %1$I', f), ', ')
         FROM unnest(ARRAY['new_enquiry_value', 'project_value', 'total_order_value', 'total_amount_invoiced',
             'date_order_received', 'first_date_designed', 'last_date_designed', 'first_date_invoiced',
             'last_date_invoiced']) f),
        (SELECT string_agg('s.' || f.field, ', ') FROM monday_fields('parent') f
         WHERE NOT f.is_derived AND NOT f.is_written),
        (SELECT string_agg(format('storable_amount(s.%1$I) AS %1$I', f), ', ') FROM unnest(amounts) f),
        (SELECT string_agg(format('CASE WHEN s.%1$I IS DISTINCT FROM storable_amount(s.%1$I) THEN %1$L END', f), ', ') FROM unnest(amounts) f))
    FROM (SELECT ARRAY['new_enquiry_value', 'project_value', 'total_order_value', 'total_amount_invoiced'] AS amounts) money
$function$;
COMMENT ON FUNCTION pipeline_internal.project_values_sql() IS
    'SQL that rolls subitems up to their projects.';
