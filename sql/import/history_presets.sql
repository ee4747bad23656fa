-- Field histories of usual programs: how they are told, and which of their fields are fields of a project.

CREATE FUNCTION pipeline_internal.history_presets() RETURNS SETOF jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
ROWS 4
SET search_path FROM CURRENT
AS $$
    SELECT jsonb_array_elements($preset$ [
        {"preset": "Salesforce OpportunityFieldHistory",
         "id": ["OpportunityId", "Opportunity ID"], "moment": ["CreatedDate", "Edit Date"], "field": ["Field", "Field / Event"],
         "old": ["OldValue", "Old Value"], "new": ["NewValue", "New Value"],
         "passed_over": "^005[A-Za-z0-9]{12}([A-Za-z0-9]{3})?$",
         "fields": {"pipeline_stage": ["StageName", "Stage"], "new_enquiry_value": ["Amount"], "expected_start_date": ["CloseDate", "Close Date"],
                    "probability_percent": ["Probability", "Probability (%)"], "sales_representative": ["Owner", "Opportunity Owner"],
                    "item_name": ["Name", "Opportunity Name"], "type": ["Type"], "account": ["Account", "Account Name"]}},
        {"preset": "Salesforce OpportunityHistory",
         "id": ["OpportunityId", "Opportunity ID"], "moment": ["CreatedDate", "Last Modified"], "needed": ["StageName", "Stage", "To Stage"],
         "fields": {"pipeline_stage": ["StageName", "To Stage", "Stage"], "new_enquiry_value": ["Amount"], "expected_start_date": ["CloseDate", "Close Date"],
                    "probability_percent": ["Probability", "Probability (%)"]}},
        {"preset": "HubSpot property history",
         "id": ["Record ID", "dealId", "objectId", "hs_object_id"], "moment": ["timestamp", "Change date"], "field": ["property", "Property name"],
         "new": ["value", "Property value"],
         "fields": {"pipeline_stage": ["dealstage", "Deal Stage"], "new_enquiry_value": ["amount", "Amount"], "expected_start_date": ["closedate", "Close Date"],
                    "probability_percent": ["hs_deal_stage_probability", "Deal probability"], "sales_representative": ["hubspot_owner_id", "Deal owner"],
                    "item_name": ["dealname", "Deal Name"], "type": ["dealtype", "Deal Type"]}},
        {"preset": "Dynamics audit history",
         "id": ["Object ID", "objectid", "Record"], "moment": ["Changed Date", "createdon", "Created On"], "field": ["Changed Field", "attribute", "Attribute Name"],
         "old": ["Old Value", "oldvalue"], "new": ["New Value", "newvalue"],
         "fields": {"pipeline_stage": ["Status Reason", "statuscode", "Sales Stage", "salesstage"], "new_enquiry_value": ["Est. Revenue", "estimatedvalue"],
                    "expected_start_date": ["Est. Close Date", "estimatedclosedate"], "probability_percent": ["Probability", "closeprobability"],
                    "sales_representative": ["Owner", "ownerid"], "item_name": ["Topic", "name"], "account": ["Potential Customer", "customerid"]}}
    ] $preset$::jsonb)
$$;
COMMENT ON FUNCTION pipeline_internal.history_presets() IS
    'Field histories that are known: heads of the id, the moment, and in the long form of the field and its values; which of its fields are fields of a project; values that are passed over (such as ids of users beside their names).';

CREATE FUNCTION pipeline_internal.column_of_heads(heads jsonb, columns text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT c.name
    FROM jsonb_array_elements_text($1) WITH ORDINALITY AS h (head, n)
    JOIN unnest($2) AS c (name) ON head_key(c.name) = head_key(h.head)
    ORDER BY h.n
    LIMIT 1
$$;
COMMENT ON FUNCTION pipeline_internal.column_of_heads(jsonb, text[]) IS
    'The column that has one of these heads, whatever its spelling.';

-- The names that a long form gives to fields are asked for in the table: a program writes them by label or by name.
CREATE FUNCTION pipeline_internal.named_fields(source regclass, field_column text) RETURNS SETOF text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
ROWS 50
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN QUERY EXECUTE format(
        'SELECT DISTINCT btrim(s.%1$I::text) FROM %2$s s WHERE btrim(s.%1$I::text) <> '''' LIMIT 10000', field_column, source);
END;
$$;
COMMENT ON FUNCTION pipeline_internal.named_fields(regclass, text) IS 'The fields of which a history in long form speaks.';

CREATE FUNCTION pipeline.propose_history_import(source regclass) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    heads text[];
    preset jsonb;
    names text[];
    proposal jsonb;
BEGIN
    PERFORM require_layout();
    SELECT array_agg(a.attname::text ORDER BY a.attnum) INTO heads
    FROM pg_attribute a WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped;
    SELECT p INTO preset
    FROM history_presets() p
    WHERE column_of_heads(p->'id', heads) IS NOT NULL AND column_of_heads(p->'moment', heads) IS NOT NULL
      AND (NOT p ? 'field' OR column_of_heads(p->'field', heads) IS NOT NULL)
      AND (NOT p ? 'new' OR column_of_heads(p->'new', heads) IS NOT NULL)
      AND (NOT p ? 'needed' OR column_of_heads(p->'needed', heads) IS NOT NULL)
    ORDER BY p ? 'field' DESC, p ? 'old' AND column_of_heads(p->'old', heads) IS NOT NULL DESC
    LIMIT 1;
    IF preset IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '22023',
            MESSAGE = format('%s is no history of a known program', source),
            DETAIL = format('Its columns are: %s.', array_to_string(heads, ', ')),
            HINT = 'Write the mapping: {"history": {"moment": "<column>"}, "fields": {"project_id": "<column>", …}}; the comment on import_project_history() describes it.';
    END IF;
    names := CASE WHEN preset ? 'field' THEN ARRAY(SELECT named_fields(source, column_of_heads(preset->'field', heads)))
                  ELSE heads END;
    SELECT jsonb_build_object(
        'preset', preset->>'preset',
        'history', jsonb_strip_nulls(jsonb_build_object(
            'moment', column_of_heads(preset->'moment', heads), 'field', column_of_heads(preset->'field', heads),
            'old', column_of_heads(preset->'old', heads), 'new', column_of_heads(preset->'new', heads),
            'passed_over', preset->>'passed_over')),
        'fields', jsonb_strip_nulls(jsonb_build_object('project_id', column_of_heads(preset->'id', heads))
            || coalesce((SELECT jsonb_object_agg(f.key, column_of_heads(f.value, names)) FROM jsonb_each(preset->'fields') f), '{}')))
    INTO proposal;
    RETURN proposal;
END;
$$;
COMMENT ON FUNCTION pipeline.propose_history_import(regclass) IS
    'A mapping for import_project_history(), by the heads of a field history of Salesforce (OpportunityFieldHistory, OpportunityHistory), HubSpot (property history) or Dynamics (audit history), and by the fields of which it speaks. Error 22023 for a table of another kind.';
