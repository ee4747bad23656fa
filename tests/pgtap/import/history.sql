-- Field histories as usual programs export them, in other languages, orders and writings.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(35);

\ir ../include/failure.sql

-- Observed since 2026: what the exports lead up to.
INSERT INTO projects (monday_id, item_name, account, pipeline_stage, new_enquiry_value, expected_start_date, probability_percent, sales_representative, type)
VALUES ('006A1', 'Mühle Nord', 'Kraus KG', 'Gewonnen', 48000, '2025-11-20', 100, 'Jana Weiß', 'Neubau'),
       ('006a1', 'Silo', 'Ruiz SA', 'Angebot', 9000, '2026-02-01', 40, 'Pau Vidal', 'Umbau'),
       ('7714', 'Halle', NULL, 'Verhandlung', 5100.5, '2026-03-31', 60, 'u-2', NULL);
UPDATE project_history SET valid_from = '2026-01-01 00:00+00';
CREATE TEMP TABLE observed AS SELECT * FROM project_history;

CREATE FUNCTION pg_temp.past(project text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', to_char(timezone('UTC', valid_from), 'YYYY-MM-DD HH24:MI'), coalesce(pipeline_stage, '-'),
                                coalesce(new_enquiry_value::text, '-'), coalesce(expected_start_date::text, '-'), coalesce(trim_scale(probability_percent)::text, '-'),
                                coalesce(sales_representative, '-'), coalesce(account, '-')), E'\n' ORDER BY valid_from)
    FROM project_history WHERE project_id = project AND origin = 'log'
$$;
CREATE FUNCTION pg_temp.told(source regclass, mapping jsonb DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT format('%s projects, %s written, %s removed, %s after, %s unknown, %s contradicting, %s rejected', i.projects, i.versions_written,
                  i.versions_removed, i.states_after_observation, i.unknown_projects, i.contradictions, i.rejected)
    FROM import_project_history(source, mapping) i
$$;

-- Salesforce, long form: out of order, ids beside names of owners, a field of its own, ids that differ in case.
CREATE TEMP TABLE field_history ("OpportunityId" text, "Field" text, "OldValue" text, "NewValue" text, "CreatedDate" text);
INSERT INTO field_history VALUES
    ('006A1', 'StageName', 'Angebot', 'Gewonnen', '2025-11-20T15:30:00.000+0000'),
    ('006A1', 'Amount', '40000.0', '48000.0', '2025-06-02T09:00:00.000+0000'),
    ('006A1', 'created', '', '', '2025-03-01T08:00:00.000Z'),
    ('006A1', 'StageName', 'Qualifizierung', 'Angebot', '2025-04-10T23:30:00.000-0500'),
    ('006A1', 'CloseDate', '2025-09-30', '2025-11-20', '2025-08-15T10:00:00.000+0000'),
    ('006A1', 'Owner', 'Ruth Adler', 'Jana Weiß', '2025-06-02T09:00:00.000+0000'),
    ('006A1', 'Owner', '0051t000002AbCdAAK', '0051t000002EfGhAAK', '2025-06-02T09:00:00.000+0000'),
    ('006A1', 'Region__c', 'Nord', 'Süd', '2025-06-05T09:00:00.000+0000'),
    ('006A1', 'Probability', '80.0', '100.0', '2025-11-20T15:30:00.000+0000'),
    ('006a1', 'Amount', '7000.0', '9000.0', '2025-07-07T07:07:07.000+0000'),
    ('006Zz', 'Amount', '1.0', '2.0', '2025-07-07T07:07:07.000+0000');
SELECT is(propose_history_import('field_history')->>'preset', 'Salesforce OpportunityFieldHistory', 'it is known by its heads');
SELECT is(propose_history_import('field_history')->'fields', '{"project_id": "OpportunityId", "pipeline_stage": "StageName", "new_enquiry_value": "Amount",
    "expected_start_date": "CloseDate", "probability_percent": "Probability", "sales_representative": "Owner"}', 'with the fields of which it speaks');
SELECT is(pg_temp.told('field_history'), '2 projects, 6 written, 0 removed, 0 after, 1 unknown, 0 contradicting, 0 rejected', 'its changes become versions');
SELECT is(pg_temp.past('006A1'), E'2025-03-01 08:00 Qualifizierung 40000.00 2025-09-30 80 Ruth Adler -
2025-04-11 04:30 Angebot 40000.00 2025-09-30 80 Ruth Adler -
2025-06-02 09:00 Angebot 48000.00 2025-09-30 80 Jana Weiß -
2025-08-15 10:00 Angebot 48000.00 2025-11-20 80 Jana Weiß -
2025-11-20 15:30 Gewonnen 48000.00 2025-11-20 100 Jana Weiß -', 'before the first change of a field stands its old value, and of what no log names nothing');
SELECT is(pg_temp.past('006a1'), '2025-07-07 07:07 Angebot 9000.00 2026-02-01 40 Pau Vidal -', 'a log that begins in the middle says nothing of the time before; what never changed is as observed');
SELECT is((SELECT metadata->'fields_passed_over' FROM sync_log ORDER BY id DESC LIMIT 1), '{"created": 1, "Region__c": 1}', 'fields that nothing maps are named');
SELECT is(pg_temp.told('field_history'), '2 projects, 0 written, 0 removed, 0 after, 1 unknown, 0 contradicting, 0 rejected', 'once more: nothing');
SELECT is_empty('SELECT * FROM observed EXCEPT SELECT * FROM project_history', 'observed versions are as they were');
SELECT is((SELECT string_agg(item_name, ',') FROM pipeline_forecast_as_of('2025-07-01 00:00+00')), 'Mühle Nord', 'a day of the past has its forecast');

-- A second file of another field, and a later one of the same: what the first said stays.
CREATE TEMP TABLE accounts (deal text, am text, konto text);
INSERT INTO accounts VALUES ('006A1', '01.04.2025 12:00', 'Kraus GmbH'), ('006A1', '31.12.2025 12:00', 'Kraus KG');
SELECT is(pg_temp.told('accounts', '{"history": {"moment": "am", "time_zone": "Europe/Berlin"}, "fields": {"project_id": "deal", "account": "konto"}}'),
          '1 projects, 7 written, 0 removed, 0 after, 0 unknown, 0 contradicting, 0 rejected', 'another field from another table');
SELECT is(pg_temp.past('006A1'), E'2025-03-01 08:00 Qualifizierung 40000.00 2025-09-30 80 Ruth Adler -
2025-04-01 10:00 Qualifizierung 40000.00 2025-09-30 80 Ruth Adler Kraus GmbH
2025-04-11 04:30 Angebot 40000.00 2025-09-30 80 Ruth Adler Kraus GmbH
2025-06-02 09:00 Angebot 48000.00 2025-09-30 80 Jana Weiß Kraus GmbH
2025-08-15 10:00 Angebot 48000.00 2025-11-20 80 Jana Weiß Kraus GmbH
2025-11-20 15:30 Gewonnen 48000.00 2025-11-20 100 Jana Weiß Kraus GmbH
2025-12-31 11:00 Gewonnen 48000.00 2025-11-20 100 Jana Weiß Kraus KG', 'is laid beside what is known, by the clock of its place');
SELECT is(pg_temp.told('accounts', '{"history": {"moment": "am", "time_zone": "Europe/Berlin"}, "fields": {"project_id": "deal", "account": "konto"}}'),
          '1 projects, 0 written, 0 removed, 0 after, 0 unknown, 0 contradicting, 0 rejected', 'once');
SELECT is(pg_temp.told('field_history'), '2 projects, 0 written, 0 removed, 0 after, 1 unknown, 0 contradicting, 0 rejected', 'and the first table once more changes nothing');

-- HubSpot: epochs, probabilities of 0 to 1, no old values, a value cleared; it ends otherwise than observation begins.
CREATE TEMP TABLE properties ("Record ID" text, property text, value text, "timestamp" text, source text);
INSERT INTO properties VALUES
    ('7714', 'dealstage', 'Kontakt', '1735812000000', 'CRM_UI'), ('7714', 'amount', '5.100,50 €', '1735812000000', 'CRM_UI'),
    ('7714', 'hs_deal_stage_probability', '0.2', '1735812000000', 'CRM_UI'), ('7714', 'hs_deal_stage_probability', '0.75', '1738404000000', 'CRM_UI'),
    ('7714', 'dealstage', 'Verhandlung', '1738404000000', 'AUTOMATION'), ('7714', 'closedate', '1767139200000', '1738404000000', 'CRM_UI'),
    ('7714', 'closedate', '', '1740823200000', 'IMPORT'), ('7714', 'hubspot_owner_id', 'u-2', '1735812000000', 'CRM_UI'),
    ('7714', 'amount', '5.100,50 €', '1767225601000', 'CRM_UI');
SELECT is(propose_history_import('properties')->>'preset', 'HubSpot property history', 'HubSpot is known');
SELECT is(pg_temp.told('properties'), '1 projects, 3 written, 0 removed, 1 after, 0 unknown, 1 contradicting, 0 rejected', 'what lies behind the beginning of observation is passed over');
SELECT is(pg_temp.past('7714'), E'2025-01-02 10:00 Kontakt 5100.50 - 20 u-2 -
2025-02-01 10:00 Verhandlung 5100.50 2025-12-31 75 u-2 -
2025-03-01 10:00 Verhandlung 5100.50 - 75 u-2 -', 'a cleared value is none from then on');
SELECT is((SELECT format('%s %s %s: %s', item_id, field, raw_value, reason) FROM sync_reject ORDER BY id DESC LIMIT 1),
          '7714 probability_percent 75.000: the history ends with this value, and what was observed begins with "60.000"', 'the contradiction is named');

-- Dynamics, long form, with old values of which one does not fit, days of the place with a 12-hour clock.
CREATE TEMP TABLE audit ("Object ID" text, "Changed Date" text, "Event" text, "Changed Field" text, "Old Value" text, "New Value" text);
INSERT INTO projects (monday_id, item_name, pipeline_stage, new_enquiry_value) VALUES ('{9f-01}', 'Dock', 'Won', 1200.5);
INSERT INTO audit VALUES
    ('{9f-01}', '13/02/2025 2:05 PM', 'Update', 'Est. Revenue', '1,000.00', '1,200.50'),
    ('{9f-01}', '3/02/2025 11:30 AM', 'Update', 'Status Reason', 'In Progress', 'On Hold'),
    ('{9f-01}', '4/03/2025 12:00 AM', 'Update', 'Status Reason', 'In Progress', 'Won');
SELECT is(pg_temp.told('audit'), '1 projects, 3 written, 0 removed, 0 after, 0 unknown, 0 contradicting, 0 rejected', 'Dynamics');
SELECT is(pg_temp.past('{9f-01}'), E'2025-02-03 11:30 On Hold 1000.00 - - - -
2025-02-13 14:05 On Hold 1200.50 - - - -
2025-03-04 00:00 Won 1200.50 - - - -', 'is read by the format that all its moments tell');
SELECT is((SELECT metadata->>'contradictions' FROM sync_log ORDER BY id DESC LIMIT 1), '1', 'an old value that is not the one before it is counted');

-- Salesforce, state form; and nightly exports of any program.
CREATE TEMP TABLE opportunity_history ("Id" text, "OpportunityId" text, "CreatedDate" text, "StageName" text, "Amount" text, "CloseDate" text, "Probability" text);
INSERT INTO projects (monday_id, item_name, pipeline_stage, new_enquiry_value) VALUES ('006B7', 'Torre', 'Perdida', 300);
INSERT INTO opportunity_history VALUES
    ('h3', '006B7', '2025-05-05 10:00:00', 'Perdida', '300', '2025-06-30', '0'), ('h1', '006B7', '2025-01-15 10:00:00', 'Contacto', '250', '2025-05-31', '10'),
    ('h2', '006B7', '2025-03-01 10:00:00', 'Propuesta', '300', '2025-06-30', '40'), ('h2', '006B7', '2025-03-01 10:00:00', 'Propuesta', '300', '2025-06-30', '40'),
    ('h4', '006B7', 'ayer', 'Propuesta', '300', '2025-06-30', '40'), ('h5', '', '2025-03-01 10:00:00', 'Propuesta', '1', NULL, NULL);
SELECT is(propose_history_import('opportunity_history')->>'preset', 'Salesforce OpportunityHistory', 'the state form is known too');
SELECT is(pg_temp.told('opportunity_history', '{"history": {"moment": {"column": "CreatedDate", "format": "YYYY-MM-DD"}}, "fields": {"project_id": "OpportunityId",
    "pipeline_stage": "StageName", "new_enquiry_value": "Amount", "expected_start_date": "CloseDate", "probability_percent": "Probability"}}'),
    '1 projects, 3 written, 0 removed, 0 after, 0 unknown, 2 contradicting, 2 rejected', 'rows without an id or a moment are refused, doubles are one');
SELECT is(pg_temp.past('006B7'), E'2025-01-15 10:00 Contacto 250.00 2025-05-31 10 - -
2025-03-01 10:00 Propuesta 300.00 2025-06-30 40 - -
2025-05-05 10:00 Perdida 300.00 2025-06-30 0 - -', 'by moment');
SELECT is((SELECT string_agg(format('%s %s %s', line, field, reason), ', ' ORDER BY line) FROM sync_reject WHERE item_id IS NULL OR field = 'moment'),
          '5 moment no moment that can be read, 6 project_id project_id is blank', 'and named with their lines');

CREATE TEMP TABLE nights (nr int, nacht date, stufe text, summe numeric, weg boolean);
INSERT INTO nights SELECT 88, day::date, CASE WHEN day < '2025-02-01' THEN 'Neu' ELSE 'Warm' END, 70, false FROM generate_series(timestamp '2025-01-10', '2025-02-20', '1 day') day;
INSERT INTO nights VALUES (88, '2025-02-21', 'Warm', 70, true);
SELECT is(pg_temp.told('nights', '{"history": {"moment": "nacht"}, "fields": {"project_id": "nr", "pipeline_stage": "stufe", "new_enquiry_value": "summe",
    "state": {"column": "weg", "map": {"true": "deleted", "false": "active"}}}}'),
    '1 projects, 3 written, 0 removed, 0 after, 0 unknown, 0 contradicting, 0 rejected', 'nightly exports become what changed, of a project that is gone too');
SELECT is((SELECT string_agg(state, ',' ORDER BY valid_from) FROM project_history WHERE project_id = '88'), 'active,active,deleted', 'with its end');

-- Refusals.
SELECT is(pg_temp.failure(format('SELECT import_project_history(%s)', arguments)), failure, arguments)
FROM (VALUES
    ('NULL', '22004: source must not be null; Call import_project_history(''<staging table>'', ''{"history": {"moment": "<column>"}, "fields": {"project_id": "<column>"}}'').'),
    ('''nights''', '22023: nights is no history of a known program; Write the mapping: {"history": {"moment": "<column>"}, "fields": {"project_id": "<column>", …}}; the comment on import_project_history() describes it.'),
    ('''nights'', ''{"history": {"moment": "tag"}, "fields": {"project_id": "nr"}}''', '22023: history mapping: column "tag" is not there; A mapping is {"history": {"moment": "<column>"}, "fields": {"project_id": "<column>", …}}; the comment on import_project_history() describes it.'),
    ('''nights'', ''{"history": {"moment": "nacht"}, "fields": {"project_id": "nr", "zip_code": "stufe"}}''', '22023: history mapping: history does not keep the field "zip_code"; A mapping is {"history": {"moment": "<column>"}, "fields": {"project_id": "<column>", …}}; the comment on import_project_history() describes it.'),
    ('''nights'', ''{"history": {"moment": "nacht", "feld": "x"}, "fields": {"project_id": "nr"}}''', '22023: history mapping: unknown key "feld" in "history"; A mapping is {"history": {"moment": "<column>"}, "fields": {"project_id": "<column>", …}}; the comment on import_project_history() describes it.')
) AS t (arguments, failure);
CREATE TEMP TABLE unclear (id text, at text, stage text);
INSERT INTO unclear VALUES ('1', '03/04/2025', 'A'), ('1', '05/06/2025', 'B');
SELECT matches(pg_temp.failure($$ SELECT import_project_history('unclear', '{"history": {"moment": "at"}, "fields": {"project_id": "id", "pipeline_stage": "stage"}}') $$),
               '^22007: history: how the moments in column "at" are written is not clear', 'moments that can be read in two ways');

-- Inferred from dates.
INSERT INTO projects (monday_id, item_name, pipeline_stage, new_enquiry_value, total_order_value, date_created, date_order_received, first_date_invoiced, gestation_period, follow_up_date, expected_start_date)
VALUES ('won', 'W', 'Won - Closed (Invoiced)', 10, 12, '2024-01-10', '2024-03-01', '2024-05-01', 33, NULL, '2024-04-04'), ('open', 'O', 'Open Enquiry', 20, NULL, '2024-02-02', NULL, NULL, NULL, NULL, '2030-01-01'),
       ('lost', 'L', 'Lost', 30, NULL, '2024-02-03', NULL, NULL, NULL, '2024-06-01', NULL), ('undated', 'U', 'Won - Closed (Invoiced)', 40, 40, '2024-02-03', NULL, NULL, NULL, NULL, NULL);
CREATE FUNCTION pg_temp.inferred() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', project_id, timezone('UTC', valid_from)::date, coalesce(pipeline_stage, '-'), coalesce(total_order_value, new_enquiry_value),
                                coalesce(gestation_period::text, '-'), expected_start_date), E'\n' ORDER BY project_id, valid_from)
    FROM project_history WHERE origin = 'inferred'
$$;
SELECT infer_project_history() \g /dev/null
SELECT is(pg_temp.inferred(), E'open 2024-02-02 - 20.00 -
won 2024-01-10 - 10.00 -
won 2024-03-01 Won - Closed (Invoiced) 12.00 -
won 2024-05-01 Won - Closed (Invoiced) 12.00 33', 'open from its creation, ended on a day that the row knows; no stage, no date that was typed later');
SELECT infer_project_history('follow_up_date') \g /dev/null
SELECT matches(pg_temp.inferred(), E'^lost 2024-02-03 - 30.00 -\nlost 2024-06-01 Lost 30.00 -\nopen ', 'lost on the day of which it is told');
SELECT is((SELECT versions_written FROM infer_project_history('follow_up_date')), 0::bigint, 'once');

SELECT * FROM finish();
ROLLBACK;
