-- Lives by chance, exported in both forms, in any order, whole and cut off: the history that comes of them is the record, on
-- every day and in every field.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(8);

SELECT setseed(0.4711) \g /dev/null
-- 150 lives of up to 25 edits: several in one moment, back and forth, values that are cleared.
CREATE TEMP TABLE edit AS
SELECT project, n, timezone('UTC', (timestamp '2024-01-01' + (random() * 700)::int * interval '1 day' + (random() * 5)::int * interval '4 hours')) AS moment,
       (ARRAY['Etapa', 'Importe', 'Cierre', 'Prob', 'Dueño'])[1 + (random() * 4.99)::int % 5] AS field,
       random() AS chance
FROM generate_series(1, 150) AS project, generate_series(1, 25) AS n
WHERE n <= 1 + project % 25;
CREATE FUNCTION pg_temp.value_of(field text, chance float8) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN chance < 0.12 THEN NULL ELSE CASE field
        WHEN 'Etapa' THEN (ARRAY['Contacto', 'Oferta', 'Cierre verbal', 'Ganada', 'Perdida'])[1 + (chance * 97)::int % 5]
        WHEN 'Importe' THEN ((chance * 1e6)::int % 90000 / 4.0)::numeric(12,2)::text
        WHEN 'Cierre' THEN (date '2024-06-01' + (chance * 1e6)::int % 800)::text
        WHEN 'Prob' THEN ((chance * 1e6)::int % 101)::text
        WHEN 'Dueño' THEN (ARRAY['Alba', 'Nuno', 'Mercè'])[1 + (chance * 97)::int % 3] END END
$$;
-- The record: each edit with the value before it.
CREATE TEMP TABLE change AS
SELECT e.project, e.n, e.moment, e.field, pg_temp.value_of(e.field, e.chance) AS new,
       lag(pg_temp.value_of(e.field, e.chance)) OVER (PARTITION BY e.project, e.field ORDER BY e.moment, e.n) AS old
FROM edit e;
-- What a project was at a moment, field by field.
CREATE TEMP TABLE record AS
SELECT p.project, m.moment, (SELECT jsonb_object_agg(f.field, (
           SELECT c.new FROM change c WHERE c.project = p.project AND c.field = f.field AND c.moment <= m.moment
           ORDER BY c.moment DESC, c.n DESC LIMIT 1)) FROM unnest('{Etapa,Importe,Cierre,Prob,Dueño}'::text[]) AS f (field)) AS said
FROM (SELECT project, min(moment) AS opened FROM change GROUP BY project) p
JOIN (SELECT DISTINCT project, moment FROM change) m ON m.project = p.project;
-- Observed since 2026, as each life ended.
INSERT INTO projects (monday_id, item_name, pipeline_stage, new_enquiry_value, expected_start_date, probability_percent, sales_representative)
SELECT format('%s-%s', form, r.project), 'Obra', r.said->>'Etapa', (r.said->>'Importe')::numeric, (r.said->>'Cierre')::date, (r.said->>'Prob')::numeric, r.said->>'Dueño'
FROM (SELECT DISTINCT ON (project) * FROM record ORDER BY project, moment DESC) r, unnest('{long,state,cut}'::text[]) AS form;
UPDATE project_history SET valid_from = '2026-01-01 00:00+00';
CREATE TEMP TABLE observed AS SELECT * FROM project_history;

-- The exports. Rows of one moment stand in the order of the edits, moments in any.
CREATE TEMP TABLE shuffled AS SELECT project, moment, random() AS place FROM (SELECT DISTINCT project, moment FROM change) m;
CREATE TEMP TABLE long_form AS
SELECT 'long-' || c.project AS obra, c.moment AS cuando, c.field AS campo, c.old AS antes, c.new AS despues
FROM change c JOIN shuffled s USING (project, moment) ORDER BY s.place, c.n;
CREATE TEMP TABLE state_form AS
SELECT 'state-' || r.project AS obra, to_char(timezone('UTC', r.moment), 'DD.MM.YYYY HH24:MI') AS cuando, r.said->>'Etapa' AS "Etapa", r.said->>'Importe' AS "Importe",
       r.said->>'Cierre' AS "Cierre", r.said->>'Prob' AS "Prob", r.said->>'Dueño' AS "Dueño"
FROM record r JOIN shuffled s USING (project, moment) ORDER BY s.place;
CREATE TEMP TABLE cut_form AS
SELECT 'cut-' || c.project AS obra, c.moment AS cuando, c.field AS campo, c.old AS antes, c.new AS despues
FROM change c JOIN shuffled s USING (project, moment) WHERE c.moment >= '2024-11-01 00:00+00' ORDER BY s.place, c.n;
CREATE FUNCTION pg_temp.import() RETURNS bigint LANGUAGE sql AS $$
    SELECT sum(i.versions_written + i.versions_removed + i.rejected + i.contradictions)
    FROM (SELECT '{"project_id": "obra", "pipeline_stage": "Etapa", "new_enquiry_value": "Importe", "expected_start_date": "Cierre",
                   "probability_percent": {"column": "Prob", "percent_scale": 100}, "sales_representative": "Dueño"}'::jsonb AS fields,
                 '{"moment": "cuando", "field": "campo", "old": "antes", "new": "despues"}'::jsonb AS long_history) m
    CROSS JOIN LATERAL (
        SELECT * FROM import_project_history('long_form', jsonb_build_object('history', m.long_history, 'fields', m.fields))
        UNION ALL SELECT * FROM import_project_history('state_form', jsonb_build_object('history', '{"moment": "cuando"}'::jsonb, 'fields', m.fields))
        UNION ALL SELECT * FROM import_project_history('cut_form', jsonb_build_object('history', m.long_history, 'fields', m.fields))
    ) i
$$;
SELECT cmp_ok(pg_temp.import(), '>', 3000::bigint, 'versions come of them');

-- Each day and field, the record against history; a log that was cut off knows nothing before its first entry.
CREATE TEMP TABLE known AS
SELECT form.name AS form, r.project, r.moment,
       coalesce(lead(r.moment) OVER (PARTITION BY form.name, r.project ORDER BY r.moment), timestamptz '2026-01-01 00:00+00') AS until, r.said
FROM record r, unnest('{long,state,cut}'::text[]) AS form (name)
WHERE form.name <> 'cut' OR r.moment >= '2024-11-01 00:00+00';
CREATE TEMP TABLE day AS
SELECT form.name AS form, r.project, timezone('UTC', d) + interval '1 day' - interval '1 microsecond' AS moment
FROM unnest('{long,state,cut}'::text[]) AS form (name), (SELECT DISTINCT project FROM record) r,
     generate_series(timestamp '2023-12-30', timestamp '2025-12-31', '1 day') AS d;
ANALYZE known, day;
CREATE TEMP TABLE different AS
SELECT d.form
FROM day d
LEFT JOIN known k ON k.form = d.form AND k.project = d.project AND k.moment <= d.moment AND k.until > d.moment
LEFT JOIN project_history h ON h.project_id = d.form || '-' || d.project AND h.valid_from <= d.moment AND h.valid_to > d.moment
WHERE (k.said IS NULL) <> (h.project_id IS NULL)
   OR (k.said->>'Etapa', (k.said->>'Importe')::numeric, (k.said->>'Cierre')::date, (k.said->>'Prob')::numeric, k.said->>'Dueño')
      IS DISTINCT FROM (h.pipeline_stage, h.new_enquiry_value, h.expected_start_date, h.probability_percent, h.sales_representative);
SELECT is((SELECT count(*) FROM different WHERE form = name), 0::bigint, format('%s: no day differs from the record', name))
FROM unnest('{long,state,cut}'::text[]) AS name;
SELECT cmp_ok((SELECT count(DISTINCT h.project_id) FROM project_history h WHERE h.project_id LIKE 'cut-%' AND h.origin = 'log'), '<', 150::bigint,
              'a life of which the cut log knows nothing has no past');
SELECT is(pg_temp.import(), 0::bigint, 'a second run writes nothing');
SELECT is_empty('SELECT * FROM observed EXCEPT SELECT * FROM project_history', 'what was observed is as it was');
SELECT is((SELECT string_agg(v.check_name, ', ') FROM validate_pipeline_forecast() v WHERE v.check_name = 'history_without_gaps_or_overlaps' AND NOT v.passed), NULL,
          'and history is whole');

SELECT * FROM finish();
ROLLBACK;
