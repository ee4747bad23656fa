-- propose_import, recognise_import and import_report: mappings for files that nobody described, and what came of an import.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(24);

-- Lines of a file: the head of a known export among them.
CREATE FUNCTION pg_temp.recognised(lines jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT format('%s in line %s', r->>'preset', r->>'line') FROM recognise_import(lines) r
$$;
SELECT is(pg_temp.recognised('[["Bericht"], ["Name der Opportunity", "Phase", "Schlusstermin"]]'), 'Salesforce report in line 1', 'a head behind a title');
SELECT is(pg_temp.recognised('[["id", "StageName", "closedate"]]'), 'Salesforce objects in line 0', 'in any case');
SELECT is(pg_temp.recognised('[["Nom de la transaction", "Phase de la transaction"]]'), 'HubSpot deals in line 0', 'in other languages');
SELECT is(pg_temp.recognised('[["Neg"], ["Negocio - Título", "Negocio - Valor"]]'), 'Pipedrive deals in line 1', 'Pipedrive');
SELECT is(pg_temp.recognised('[["Onderwerp", "Geschatte omzet"]]'), 'Dynamics 365 opportunities in line 0', 'Dynamics');
SELECT is(pg_temp.recognised('[["Deal Owner.id", "Deal Name"]]'), 'Zoho deals in line 0', 'Zoho');
SELECT is(pg_temp.recognised('[["Verkoopkans", "Verwachte omzet"]]'), 'Odoo opportunities in line 0', 'Odoo');
SELECT is(pg_temp.recognised('[["ID", "Auftragsname", "Auftragsphase", "Summe", "Währung"]]'), 'Bitrix24 deals in line 0', 'Bitrix24');
SELECT is(pg_temp.recognised('[["Tafel"], ["Offen", ""], ["Name", "Stand", "Wert"]]'), 'monday.com board in line 2', 'monday.com by the titles above');
SELECT is(recognise_import('[["Name", "Stand", "Wert"]]'), NULL, 'and not without any');
SELECT is(recognise_import('[["x"], ["Name", "Subitems", "Wert"]]')->'needed', '["Name"]', 'which of its rows are entries');

CREATE TABLE public.deals ("Closing Date" text, "Deal Name" text, "Stage" text, "Amount" text, "Notes" text, "Record Id" text, "Empty" text);
INSERT INTO deals
SELECT format('%s.03.2031', i), 'Deal ' || i, CASE i % 3 WHEN 0 THEN 'Closed Won' WHEN 1 THEN 'Offer' ELSE 'Closed Lost' END, i || '.500,75', 'x', 'R' || i, NULL
FROM generate_series(10, 29) i;
CREATE TEMP TABLE proposal AS SELECT propose_import('deals') AS p;
SELECT is((SELECT p->>'preset' || ' ' || (p->>'ready') FROM proposal), 'Zoho deals true', 'a preset is found in a table as well');
SELECT is((SELECT p->'fields'->'expected_start_date' FROM proposal), '{"column": "Closing Date", "format": "DD/MM/YYYY"}', 'dates are mapped with their format');
SELECT is((SELECT p->'fields'->'total_order_value' FROM proposal),
          '{"column": "Amount", "only_if": {"column": "Stage", "in": ["Closed Won"]}, "decimal_mark": ","}', 'orders are those of won deals');
SELECT is((SELECT string_agg(format('%s=%s', c->>'column', coalesce(c->>'field', '?')), ' ') FROM proposal, jsonb_array_elements(p->'columns') c
           WHERE c->>'column' IN ('Notes', 'Record Id', 'Empty')), 'Notes=? Record Id=project_id Empty=?', 'every column is told, mapped or not');
SELECT is((SELECT jsonb_agg(s->'stage_bucket' ORDER BY s->>'stage') FROM proposal, jsonb_array_elements(p->'stages') s), '["Lost", "Committed", "Open"]',
          'stages without a rule get one proposed');
SELECT is((SELECT format('%s %s', i.inserted, i.rejected) FROM proposal, import_projects('deals', p) i), '20 0', 'a proposal is a mapping');
SELECT is((SELECT format('%s %s %s', r->>'taken', r->'known'->>'total_order_value', r->>'important_refusals') FROM import_report() r), '20 6 0',
          'the report counts rows and known values');
SELECT is((SELECT string_agg(format('%s %s', s->>'stage', s->>'projects'), ', ' ORDER BY s->>'stage') FROM jsonb_array_elements(import_report()->'stages_without_rule') s),
          'Closed Lost 7, Closed Won 6, Offer 7', 'and the stages without a rule');
DO $$ DECLARE s jsonb; BEGIN FOR s IN SELECT jsonb_array_elements(import_report()->'stages_without_rule') LOOP EXECUTE s->>'statement'; END LOOP; END $$;
SELECT is(import_report()->'stages_without_rule', '[]', 'whose statements add rules');

-- What nobody can know is asked.
CREATE TABLE public.asked AS SELECT 'A' || i AS id, 'x' AS stage, '1.' || (100 + i) AS amount FROM generate_series(1, 9) i;
SELECT is((SELECT format('%s %s', p->>'ready', p->'questions'->0->>'column') FROM propose_import('asked') p), 'false amount', 'a mark that cannot be told');
SELECT is((SELECT p->>'ready' FROM propose_import('asked', '{"decimal_mark": ","}') p), 'true', 'may be said');
SELECT throws_ok($$ SELECT propose_import('asked', '{"preset": "Paper"}') $$, '22023', 'there is no preset "Paper"', 'an unknown preset');
SELECT throws_ok('SELECT import_report(-1)', 'P0002', 'there is no import with number -1', 'an unknown run');

SELECT * FROM finish();
ROLLBACK;
