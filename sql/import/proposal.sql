-- A mapping for a file that nobody has described: by what its heads are called, what its columns hold, and what is known
-- of the program that wrote it.

CREATE FUNCTION pipeline_internal.import_field_kinds() RETURNS TABLE(field text, kind text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
ROWS 30
SET search_path FROM CURRENT
AS $$
    VALUES
        ('project_id', 'key'), ('project_name', 'text'), ('item_name', 'text'), ('account', 'text'), ('pipeline_stage', 'text'),
        ('type', 'text'), ('category', 'text'), ('product_type', 'text'), ('zip_code', 'text'), ('sales_representative', 'text'),
        ('funding', 'text'), ('feedback', 'text'), ('lost_to_who_or_why', 'text'), ('state', 'state'),
        ('date_created', 'day'), ('expected_start_date', 'day'), ('follow_up_date', 'day'), ('date_order_received', 'day'),
        ('first_date_designed', 'day'), ('last_date_designed', 'day'), ('first_date_invoiced', 'day'), ('last_date_invoiced', 'day'),
        ('new_enquiry_value', 'number'), ('project_value', 'number'), ('weighted_pipeline', 'number'), ('total_order_value', 'number'),
        ('total_amount_invoiced', 'number'), ('probability_percent', 'percent'), ('gestation_period', 'number')
$$;
COMMENT ON FUNCTION pipeline_internal.import_field_kinds() IS
    'The fields that a proposal may use, with what they hold: key, text, day, number or percent.';

CREATE FUNCTION pipeline_internal.distinct_texts(source regclass, column_name text, most integer DEFAULT 200) RETURNS TABLE(label text, row_count bigint)
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN QUERY EXECUTE format(
        'SELECT btrim(s.%1$I::text), count(*) FROM %2$s s WHERE btrim(s.%1$I::text) <> '''' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %3$s',
        column_name, source, most);
END;
$$;
COMMENT ON FUNCTION pipeline_internal.distinct_texts(regclass, text, integer) IS
    'The texts that a column of a staging table holds, the most frequent first.';

-- Where a preset says that a field is: columns in place of heads, without what the file does not have.
CREATE FUNCTION pipeline_internal.preset_source(source jsonb, columns jsonb, won_condition jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    parts jsonb := '[]';
    each jsonb;
BEGIN
    CASE jsonb_typeof(source)
    WHEN 'string' THEN
        RETURN columns->(source#>>'{}');
    WHEN 'array' THEN
        FOR each IN SELECT preset_source(e.value, columns, won_condition) FROM jsonb_array_elements(source) e LOOP
            parts := parts || CASE WHEN each IS NULL THEN '[]' ELSE jsonb_build_array(each) END;
        END LOOP;
        RETURN CASE jsonb_array_length(parts) WHEN 0 THEN NULL WHEN 1 THEN parts->0 ELSE parts END;
    ELSE
        IF won_condition IS NULL OR NOT columns ? (source->>'column') THEN
            RETURN NULL;
        END IF;
        RETURN jsonb_build_object('column', columns->(source->>'column'), 'only_if', won_condition);
    END CASE;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.preset_source(jsonb, jsonb, jsonb) IS
    'The source of a field, from what a preset says and the columns of the file; NULL where it has none of them, or nothing is won.';

-- How the columns of a source are written, beside their names: nothing where it is the default or not known.
CREATE FUNCTION pipeline_internal.with_formats(source jsonb, kind text, inferred jsonb, said jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    reading jsonb;
    extra jsonb := '{}';
    format text;
BEGIN
    IF kind NOT IN ('day', 'number', 'percent') OR source ? 'columns' THEN
        RETURN source;
    END IF;
    IF jsonb_typeof(source) = 'array' THEN
        RETURN (SELECT jsonb_agg(with_formats(e.value, kind, inferred, said) ORDER BY e.n)
                FROM jsonb_array_elements(source) WITH ORDINALITY AS e (value, n));
    END IF;
    reading := inferred->(CASE jsonb_typeof(source) WHEN 'string' THEN source#>>'{}' ELSE source->>'column' END)->'readings'->(CASE kind WHEN 'day' THEN 'day' ELSE 'number' END);
    IF kind = 'day' THEN
        format := coalesce(reading->>'format', said->>'day_format');
        IF format <> 'YYYY-MM-DD' THEN
            extra := jsonb_build_object('format', format);
        END IF;
    ELSE
        extra := jsonb_strip_nulls(jsonb_build_object(
            'decimal_mark', nullif(coalesce(reading->>'decimal_mark', said->>'decimal_mark'), '.'),
            'percent_scale', CASE WHEN kind = 'percent' THEN reading->'percent_scale' END));
    END IF;
    RETURN CASE WHEN extra = '{}' THEN source
                WHEN jsonb_typeof(source) = 'string' THEN jsonb_build_object('column', source) || extra
                ELSE source || extra END;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.with_formats(jsonb, text, jsonb, jsonb) IS
    'A source of a field with the date format or decimal mark that was found in its column, or that somebody says.';

-- Every column's best fields, taken in turn: a better title first, then the earlier column.
CREATE FUNCTION pipeline_internal.recognise_columns(inferred jsonb, taken_columns text[], taken_fields text[])
RETURNS TABLE(field text, column_name text, reason text)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    candidate record;
BEGIN
    FOR candidate IN
        SELECT f.field, c.value->>'column_name' AS column_name, f.reason
        FROM jsonb_each(inferred) c
        CROSS JOIN LATERAL (
            SELECT r.* FROM recognise_field(
                c.value->>'column_name',
                CASE WHEN c.value->>'kind' IN ('text', 'currency') THEN 'words' ELSE c.value->>'kind' END) r
            UNION
            -- A number may be a day: of Excel, of Unix, without any mark.
            SELECT r.* FROM recognise_field(c.value->>'column_name', 'day') r
            WHERE c.value->>'kind' = 'number' AND c.value->'readings'->'day'->>'format' IS NOT NULL
        ) f
        JOIN import_field_kinds() k ON k.field = f.field
        WHERE c.value->>'kind' <> 'blank'
          -- What stands in several rows identifies none.
          AND (f.field <> 'project_id' OR (c.value->>'distinct_count')::numeric >= 0.9 * (c.value->>'value_count')::numeric)
        ORDER BY f.rank, (c.value->>'column_number')::integer
    LOOP
        IF candidate.field = ANY (taken_fields) OR candidate.column_name = ANY (taken_columns) THEN
            CONTINUE;
        END IF;
        taken_fields := taken_fields || candidate.field;
        taken_columns := taken_columns || candidate.column_name;
        RETURN QUERY SELECT candidate.field, candidate.column_name, candidate.reason;
    END LOOP;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.recognise_columns(jsonb, text[], text[]) IS
    'Which of the columns of a file ({"<column>": row of infer_import_columns()}) hold fields of a project by their titles and kinds, beside the columns and fields that are taken already.';

-- What the labels of a column mean: the rules that there are first, what a preset knows, then their words.
CREATE FUNCTION pipeline_internal.label_outcomes(source regclass, column_name text, preset jsonb)
RETURNS TABLE(label text, row_count bigint, outcome text, stage_bucket text, default_probability numeric, reason text, has_rule boolean)
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
    WITH labels AS MATERIALIZED (
        SELECT d.label, d.row_count, row_number() OVER () AS n FROM distinct_texts(source, column_name) d
    )
    SELECT l.label, l.row_count,
           CASE WHEN s.stage_bucket = 'Committed' THEN 'won'
                ELSE coalesce(s.outcome, CASE WHEN preset->'won' ? l.label THEN 'won' WHEN preset->'lost_labels' ? l.label THEN 'lost' END, p.outcome) END,
           coalesce(s.stage_bucket, CASE WHEN preset->'won' ? l.label THEN 'Committed' WHEN preset->'lost_labels' ? l.label THEN 'Lost' END, p.stage_bucket),
           coalesce(s.default_probability, CASE WHEN preset->'won' ? l.label THEN 1 WHEN preset->'lost_labels' ? l.label THEN 0 END, p.default_probability),
           CASE WHEN s.stage IS NOT NULL THEN 'has a rule'
                WHEN preset->'won' ? l.label OR preset->'lost_labels' ? l.label THEN 'label of ' || (preset->>'preset')
                ELSE p.reason END,
           s.stage IS NOT NULL
    FROM labels l
    JOIN propose_stages((SELECT jsonb_agg(jsonb_build_object('label', o.label) ORDER BY o.n) FROM labels o)) WITH ORDINALITY
        AS p (stage, stage_bucket, default_probability, outcome, reason, n) ON p.n = l.n
    LEFT JOIN pipeline_stage s ON s.stage = l.label
    ORDER BY l.n
$$;
COMMENT ON FUNCTION pipeline_internal.label_outcomes(regclass, text, jsonb) IS
    'The labels of a column of a staging table with their rows, and what they mean for a stage: by the stage rules, by the preset, or by their words.';

-- How many rows repeat the key of another.
CREATE FUNCTION pipeline_internal.repeated_keys(source regclass, key jsonb) RETURNS bigint
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    repeated bigint;
BEGIN
    EXECUTE format(
        'SELECT coalesce(sum(k.row_count - 1), 0) FROM (SELECT count(*) AS row_count FROM %s s WHERE btrim(concat(%2$s)) <> '''' GROUP BY %2$s) k',
        source,
        (SELECT string_agg(format('s.%I::text', c.name), ', ')
         FROM jsonb_array_elements_text(CASE jsonb_typeof(key) WHEN 'string' THEN jsonb_build_array(key) ELSE key->'columns' END) AS c (name)))
    INTO repeated;
    RETURN repeated;
END;
$$;
COMMENT ON FUNCTION pipeline_internal.repeated_keys(regclass, jsonb) IS
    'Rows of a staging table whose key (a column, or {"columns"}) an earlier row has.';

CREATE FUNCTION pipeline.propose_import(source regclass, options jsonb DEFAULT '{}') RETURNS jsonb
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    own text[] := ARRAY(SELECT r.value FROM jsonb_each_text(coalesce(options->'file_rows', '{}')) r WHERE r.key IN ('line', 'reason', 'text'));
    inferred jsonb;
    heads text[];
    preset jsonb;
    columns jsonb := '{}';
    fields jsonb := '{}';
    -- Why a column has its field: {"<column>": {"field", "reason"}}.
    uses jsonb := '{}';
    stage_column text;
    status_column text;
    outcome_column text;
    won jsonb;
    open_labels jsonb;
    stage_sources jsonb := '[]';
    stages jsonb := '[]';
    questions jsonb := '[]';
    missing jsonb := '[]';
    each record;
    field_source jsonb;
BEGIN
    IF source IS NULL OR options IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = '22004',
            MESSAGE = format('%s must not be null', CASE WHEN source IS NULL THEN 'source' ELSE 'options' END),
            HINT = 'Call propose_import(''<staging table>'').';
    END IF;
    PERFORM require_layout();
    SELECT jsonb_object_agg(c.column_name, to_jsonb(c)), array_agg(c.column_name ORDER BY c.column_number)
    INTO inferred, heads
    FROM infer_import_columns(source) c
    WHERE c.column_name <> ALL (own);

    IF options ? 'preset' THEN
        SELECT p.preset || jsonb_build_object('columns', preset_columns(p.preset, heads)) INTO preset
        FROM import_presets() AS p (preset) WHERE p.preset->>'preset' = options->>'preset';
        IF preset IS NULL THEN
            RAISE EXCEPTION USING
                ERRCODE = '22023',
                MESSAGE = format('there is no preset "%s"', options->>'preset'),
                HINT = 'The presets are: ' || (SELECT string_agg(p.preset->>'preset', ', ') FROM import_presets() AS p (preset)) || '.';
        END IF;
    ELSE
        preset := recognise_preset(heads);
    END IF;
    -- A column without any value is as good as none.
    SELECT coalesce(jsonb_object_agg(c.key, c.value), '{}') INTO columns
    FROM jsonb_each(preset->'columns') c WHERE inferred->(c.value#>>'{}')->>'kind' <> 'blank';

    -- The stage: a label, and what tells won from lost beside it.
    SELECT columns->>s.head INTO stage_column
    FROM jsonb_array_elements_text(preset->'stage') WITH ORDINALITY AS s (head, n) WHERE columns ? s.head ORDER BY s.n LIMIT 1;
    status_column := columns->>(preset->>'status');
    IF stage_column IS NULL AND status_column IS NULL THEN
        SELECT r.column_name INTO stage_column FROM recognise_columns(inferred, '{}', '{}') r WHERE r.field = 'pipeline_stage';
    END IF;
    outcome_column := coalesce(status_column, stage_column);
    IF outcome_column IS NOT NULL THEN
        SELECT jsonb_build_object('column', outcome_column, 'in', jsonb_agg(l.label) FILTER (WHERE l.outcome = 'won')),
               jsonb_object_agg(l.label, NULL) FILTER (WHERE l.outcome = 'open')
        INTO won, open_labels
        FROM label_outcomes(source, outcome_column, preset) l;
        IF won->'in' = 'null' THEN
            won := NULL;
        END IF;
    END IF;
    IF columns ? (preset->'lost'->>'column') THEN
        field_source := to_jsonb(columns->>(preset->'lost'->>'column'));
        stage_sources := stage_sources || jsonb_build_object(
            'column', field_source,
            'only_if', jsonb_build_object('column', field_source, 'in', preset->'lost'->'values'),
            'map', (SELECT jsonb_object_agg(v.value, 'Lost') FROM jsonb_array_elements_text(preset->'lost'->'values') v));
    END IF;
    IF status_column IS NOT NULL AND stage_column IS NOT NULL THEN
        stage_sources := stage_sources || jsonb_build_object('column', status_column, 'map', coalesce(open_labels, '{}'));
    END IF;
    IF outcome_column IS NOT NULL THEN
        stage_sources := stage_sources || to_jsonb(coalesce(stage_column, status_column));
        fields := jsonb_build_object('pipeline_stage', CASE jsonb_array_length(stage_sources) WHEN 1 THEN stage_sources->0 ELSE stage_sources END);
        uses := jsonb_build_object(outcome_column, jsonb_build_object('field', 'pipeline_stage', 'reason', coalesce('head of ' || (preset->>'preset'), 'title')))
            || CASE WHEN stage_column IS NULL THEN '{}'
                    ELSE jsonb_build_object(stage_column, jsonb_build_object('field', 'pipeline_stage', 'reason', coalesce('head of ' || (preset->>'preset'), 'title'))) END;
    END IF;

    -- The key: the first of the preset's that the file has.
    SELECT k.source INTO field_source
    FROM (
        SELECT i.n,
               CASE jsonb_typeof(i.value)
               WHEN 'string' THEN columns->(i.value#>>'{}')
               ELSE (SELECT CASE count(*) WHEN 0 THEN NULL WHEN 1 THEN jsonb_agg(columns->c.head)->0
                                          ELSE jsonb_build_object('columns', jsonb_agg(columns->c.head ORDER BY c.n)) END
                     FROM jsonb_array_elements_text(i.value) WITH ORDINALITY AS c (head, n) WHERE columns ? c.head) END AS source
        FROM jsonb_array_elements(preset->'id') WITH ORDINALITY AS i (value, n)
    ) k
    WHERE k.source IS NOT NULL
    ORDER BY k.n
    LIMIT 1;
    IF field_source IS NOT NULL THEN
        fields := fields || jsonb_build_object('project_id', field_source);
        IF jsonb_typeof(field_source) = 'string' THEN
            uses := uses || jsonb_build_object(field_source#>>'{}', jsonb_build_object('field', 'project_id', 'reason', 'head of ' || (preset->>'preset')));
        END IF;
    END IF;

    FOR each IN
        SELECT f.key AS field, preset_source(f.value, columns, won) AS source FROM jsonb_each(preset->'fields') f
    LOOP
        IF each.source IS NOT NULL AND NOT fields ? each.field THEN
            fields := fields || jsonb_build_object(each.field, each.source);
            uses := (SELECT coalesce(jsonb_object_agg(c.name, jsonb_build_object('field', each.field, 'reason', 'head of ' || (preset->>'preset'))), '{}')
                     FROM jsonb_path_query(jsonb_build_array(each.source), 'strict $[*] ? (@.type() == "string")') AS t (value)
                     CROSS JOIN LATERAL (SELECT t.value#>>'{}' AS name) c) || uses;
            uses := (SELECT coalesce(jsonb_object_agg(t.value#>>'{}', jsonb_build_object('field', each.field, 'reason', 'head of ' || (preset->>'preset'))), '{}')
                     FROM jsonb_path_query(each.source, 'lax $[*].column') AS t (value)) || uses;
        END IF;
    END LOOP;
    FOR each IN
        SELECT r.* FROM recognise_columns(
            inferred,
            ARRAY(SELECT jsonb_object_keys(uses)) || ARRAY(SELECT columns->>(h.head) FROM unnest(ARRAY[preset->>'currency', preset->>'deleted', preset->'lost'->>'column']) AS h (head)),
            ARRAY(SELECT jsonb_object_keys(fields))) r
    LOOP
        fields := fields || jsonb_build_object(each.field, each.column_name);
        uses := uses || jsonb_build_object(each.column_name, jsonb_build_object('field', each.field, 'reason', each.reason));
    END LOOP;
    -- Without an id: what hardly changes and hardly repeats.
    IF NOT fields ? 'project_id' THEN
        SELECT CASE count(*) WHEN 0 THEN NULL WHEN 1 THEN jsonb_agg(f.source)->0 ELSE jsonb_build_object('columns', jsonb_agg(f.source ORDER BY f.n)) END
        INTO field_source
        FROM (
            SELECT fields->n.name AS source, n.n
            FROM unnest('{date_created,project_name,account}'::text[]) WITH ORDINALITY AS n (name, n)
            WHERE jsonb_typeof(fields->n.name) = 'string' AND fields ? 'project_name'
        ) f;
        IF field_source IS NOT NULL THEN
            fields := fields || jsonb_build_object('project_id', field_source);
        END IF;
    END IF;
    IF columns ? (preset->>'deleted') THEN
        fields := fields || jsonb_build_object('state', jsonb_build_object(
            'column', columns->(preset->>'deleted'),
            'map', '{"true": "deleted", "True": "deleted", "TRUE": "deleted", "1": "deleted", "false": "active", "False": "active", "FALSE": "active", "0": "active"}'::jsonb));
        uses := uses || jsonb_build_object(columns->>(preset->>'deleted'), jsonb_build_object('field', 'state', 'reason', 'head of ' || (preset->>'preset')));
    END IF;
    IF fields ? 'project_name' AND NOT fields ? 'item_name' THEN
        fields := fields || jsonb_build_object('item_name', fields->'project_name');
    END IF;
    SELECT coalesce(jsonb_object_agg(f.key, with_formats(f.value, k.kind, inferred, options)), '{}') INTO fields
    FROM jsonb_each(fields) f
    JOIN import_field_kinds() k ON k.field = f.key;

    -- What nobody can know but the user.
    SELECT coalesce(jsonb_agg(jsonb_build_object(
               'column', u.column_name, 'field', u.field, 'readings', u.reading->'ambiguous',
               'say', CASE u.kind WHEN 'day' THEN '--day-format DD/MM/YYYY, or "format" in the mapping'
                                  ELSE '--decimal-mark, or "decimal_mark" in the mapping' END)), '[]')
    INTO questions
    FROM (
        SELECT s.key AS column_name, s.value->>'field' AS field, k.kind, inferred->s.key->'readings'->(CASE k.kind WHEN 'day' THEN 'day' ELSE 'number' END) AS reading
        FROM jsonb_each(uses) s
        JOIN import_field_kinds() k ON k.field = s.value->>'field' AND k.kind IN ('day', 'number', 'percent')
    ) u
    WHERE u.reading->>(CASE u.kind WHEN 'day' THEN 'format' ELSE 'decimal_mark' END) IS NULL
      AND jsonb_array_length(CASE jsonb_typeof(u.reading->'ambiguous') WHEN 'array' THEN u.reading->'ambiguous' ELSE '[]' END) > 0
      AND NOT options ? (CASE u.kind WHEN 'day' THEN 'day_format' ELSE 'decimal_mark' END);
    SELECT questions || coalesce(jsonb_agg(jsonb_build_object(
               'column', c.name, 'field', 'new_enquiry_value', 'readings', c.currencies,
               'say', '"rates" in the mapping, of all of them, such as {"column": …, "currency_column": …, "rates": {"EUR": 1, "USD": 0.9}}')), '[]')
    INTO questions
    FROM (
        SELECT s.key AS name, inferred->s.key->'readings'->'number'->'currencies' AS currencies
        FROM jsonb_each(uses) s WHERE s.value->>'field' = 'new_enquiry_value'
        UNION ALL
        SELECT columns->>(preset->>'currency'),
               (SELECT jsonb_agg(d.label ORDER BY d.label) FROM distinct_texts(source, columns->>(preset->>'currency')) d)
    ) c
    WHERE jsonb_array_length(CASE jsonb_typeof(c.currencies) WHEN 'array' THEN c.currencies ELSE '[]' END) > 1;
    IF fields ? 'project_id' AND repeated_keys(source, fields->'project_id') * 33 > (inferred->heads[1]->>'value_count')::bigint + (inferred->heads[1]->>'blank_count')::bigint THEN
        questions := questions || jsonb_build_object('field', 'project_id', 'source', fields->'project_id',
            'say', '"project_id" in the mapping: no column or columns were found that tell one project from another');
    END IF;
    SELECT coalesce(jsonb_agg(m.field), '[]') INTO missing
    FROM (VALUES ('project_id', fields ? 'project_id'), ('pipeline_stage', fields ? 'pipeline_stage'),
                 ('new_enquiry_value', fields ?| '{new_enquiry_value,total_order_value}')) AS m (field, is_there)
    WHERE NOT m.is_there;

    SELECT coalesce(jsonb_agg(jsonb_build_object(
               'stage', s.label, 'rows', s.row_count, 'stage_bucket', s.stage_bucket, 'default_probability', s.default_probability,
               'outcome', s.outcome, 'reason', s.reason)), '[]')
    INTO stages
    FROM (
        SELECT DISTINCT ON (l.label) l.*
        FROM unnest(ARRAY[stage_column, status_column]) AS c (name)
        CROSS JOIN LATERAL label_outcomes(source, c.name, preset) l
        WHERE c.name IS NOT NULL AND NOT l.has_rule
          AND (c.name = stage_column OR stage_column IS NULL OR l.outcome <> 'open')
        ORDER BY l.label
    ) s;

    RETURN jsonb_strip_nulls(jsonb_build_object('preset', preset->>'preset'))
        || jsonb_build_object(
            'fields', fields,
            'columns', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                            'column', c.name, 'field', uses->c.name->>'field', 'reason', uses->c.name->>'reason',
                            'kind', inferred->c.name->>'kind', 'values', inferred->c.name->'value_count', 'blank', inferred->c.name->'blank_count',
                            'different', inferred->c.name->'distinct_count', 'format', inferred->c.name->'format',
                            'decimal_mark', inferred->c.name->'decimal_mark', 'evidence', inferred->c.name->'evidence',
                            'samples', inferred->c.name->'samples') ORDER BY c.n), '[]')
                        FROM unnest(heads) WITH ORDINALITY AS c (name, n)),
            'stages', stages, 'questions', questions, 'missing', missing,
            'ready', questions = '[]' AND missing = '[]',
            'possible_fields', (SELECT jsonb_agg(k.field) FROM import_field_kinds() k));
END;
$$;
COMMENT ON FUNCTION pipeline.propose_import(regclass, jsonb) IS
'A mapping for import_projects(), proposed for a staging table of texts by the heads of known exports (preset), by titles in eight languages and by what all values of a column are. "fields" is the mapping; "columns" says of each column which field it is and why, what it holds and some of its values; "stages" are labels without a stage rule, with the rule that their words propose; "questions" is what only a person can answer, "missing" the fields without which no forecast is possible, and "ready" says that there is neither. import_projects() passes over all but the fields.
options: "preset" names one; "day_format" and "decimal_mark" hold for columns whose values do not tell.
Errors: 22004 for null, 22023 for an unknown preset.';
