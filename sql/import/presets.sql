-- What the exports of usual programs look like: which heads tell them, and where the fields of a project stand in them.

CREATE FUNCTION pipeline_internal.import_presets() RETURNS SETOF jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
ROWS 9
SET search_path FROM CURRENT
AS $presets$
    SELECT jsonb_array_elements($preset$ [
@include mappings/presets/salesforce_report.json@
        ,
@include mappings/presets/salesforce_objects.json@
        ,
@include mappings/presets/hubspot.json@
        ,
@include mappings/presets/pipedrive.json@
        ,
@include mappings/presets/dynamics.json@
        ,
@include mappings/presets/zoho.json@
        ,
@include mappings/presets/odoo.json@
        ,
@include mappings/presets/bitrix24.json@
        ,
@include mappings/presets/monday.json@
    ] $preset$::jsonb)
$presets$;
COMMENT ON FUNCTION pipeline_internal.import_presets() IS
'Exports that are known: {"preset": name, "heads": {"<head>": ["<other spelling>"]}, "recognised_by": [["<head>"]] (all of one list), "first": "<head>" (of the first column), "id": ["<head>" | ["<head>"]] (the first that is there; a list is a key of several columns), "stage": ["<head>"], "status": "<head>" (won and lost beside the stage), "lost": {"column", "values"}, "deleted": "<head>", "currency": "<head>", "won": and "lost_labels": ["<label>"], "needed": ["<head>"] (a row without it is no entry), "titles": {"<head>": ["<text>"]} (nor is one with this text), "fields": {"<field>": "<head>" | {"column": "<head>", "when": "won"} | [several]}}.';

CREATE FUNCTION pipeline_internal.head_key(head text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN lower(translate(head, E' \t\r\n\u00a0\u202f_-\u2013.,:;/\\()[]{}%#*"''\u2019&?!', ''));
COMMENT ON FUNCTION pipeline_internal.head_key(text) IS
    'A head as it is compared: in lower case, without blanks and punctuation.';

-- The heads of a preset that a file has: {"<head>": "<column>"}.
CREATE FUNCTION pipeline_internal.preset_columns(preset jsonb, heads text[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT coalesce(jsonb_object_agg(f.head, f.column_name), '{}')
    FROM (
        -- A column is one head alone, and a head the first column that is spelled so; its own name before others.
        SELECT DISTINCT ON (o.head) o.head, o.column_name
        FROM (
            SELECT DISTINCT ON (c.n) h.head, c.column_name, c.n, s.rank
            FROM unnest(heads) WITH ORDINALITY AS c (column_name, n)
            JOIN (SELECT k.key AS head, k.value AS spellings FROM jsonb_each(preset->'heads') k) h ON true
            CROSS JOIN LATERAL (
                SELECT 0 AS rank, h.head AS spelling
                UNION ALL
                SELECT 1, e.spelling FROM jsonb_array_elements_text(h.spellings) AS e (spelling)
            ) s
            WHERE head_key(s.spelling) = head_key(c.column_name)
            ORDER BY c.n, s.rank, h.head
        ) o
        ORDER BY o.head, o.rank, o.n
    ) f
$$;
COMMENT ON FUNCTION pipeline_internal.preset_columns(jsonb, text[]) IS
    'Which columns of a file are the heads of a preset, whatever their spelling: {"<head>": "<column>"}.';

-- is_titled: lines with a single text stand above the head.
CREATE FUNCTION pipeline_internal.recognise_preset(heads text[], is_titled boolean DEFAULT false) RETURNS jsonb
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT p.preset || jsonb_build_object('columns', found.columns)
    FROM import_presets() AS p (preset)
    CROSS JOIN LATERAL preset_columns(p.preset, heads) AS found (columns)
    WHERE (NOT p.preset ? 'first' OR found.columns->>(p.preset->>'first') = heads[1])
      AND (p.preset ? 'first' AND is_titled
           OR EXISTS (SELECT FROM jsonb_array_elements(p.preset->'recognised_by') AS r (needed)
                      WHERE found.columns ?& ARRAY(SELECT jsonb_array_elements_text(r.needed))))
    ORDER BY (SELECT count(*) FROM jsonb_object_keys(found.columns)) DESC, p.preset->>'preset'
    LIMIT 1
$$;
COMMENT ON FUNCTION pipeline_internal.recognise_preset(text[], boolean) IS
    'The preset that heads of columns tell, with the columns that they are ("columns"); NULL for a file of another kind.';

CREATE FUNCTION pipeline_work.recognise_import(lines jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
    SELECT jsonb_build_object(
        'preset', r.preset->>'preset',
        'line', l.n - 1,
        'needed', coalesce((SELECT jsonb_agg(r.preset->'columns'->>e.head)
                            FROM jsonb_array_elements_text(r.preset->'needed') AS e (head)
                            WHERE r.preset->'columns' ? e.head), '[]'),
        'titles', coalesce((SELECT jsonb_object_agg(r.preset->'columns'->>t.key, t.value)
                            FROM jsonb_each(r.preset->'titles') t WHERE r.preset->'columns' ? t.key), '{}'))
    FROM jsonb_array_elements(lines) WITH ORDINALITY AS l (cells, n)
    CROSS JOIN LATERAL (SELECT ARRAY(SELECT jsonb_array_elements_text(l.cells)) AS heads) h
    CROSS JOIN LATERAL recognise_preset(
        h.heads,
        -- The line above is a title.
        (SELECT count(*) = 1 FROM jsonb_array_elements_text(lines->(l.n - 2)::integer) AS c (cell) WHERE btrim(c.cell) <> '')
            AND l.n > 1 AND (SELECT count(*) > 2 FROM unnest(h.heads) AS c (cell) WHERE btrim(c.cell) <> '')) AS r (preset)
    WHERE r.preset IS NOT NULL
    ORDER BY l.n
    LIMIT 1
$$;
COMMENT ON FUNCTION pipeline_work.recognise_import(jsonb) IS
    'Of the first lines of a file ([["<cell>"]]) the one that is the head of a known export: {"preset", "line" (from 0), "needed": ["<column>"] (a row without it is no entry), "titles": {"<column>": ["<text>"]} (nor is one with this text)}. NULL where there is none.';
