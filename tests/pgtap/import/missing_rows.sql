-- import_projects: what is missing from the next file of a source is archived where the mapping asks for it, up to a limit.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(15);
\ir ../include/failure.sql

CREATE TABLE public.crm (ref text, client text);
CREATE FUNCTION pg_temp.import(source_name text, extra jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT format('%s inserted, %s updated, %s unchanged, %s archived', i.inserted, i.updated, i.unchanged, i.archived)
    FROM import_projects('crm', jsonb_build_object('fields', '{"project_id": "ref", "account": "client"}'::jsonb, 'source', source_name,
                                                   'missing_rows', 'archive') || extra) i
$$;
CREATE FUNCTION pg_temp.states() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(monday_id || ' ' || state || CASE WHEN deleted_at IS NULL THEN '' ELSE ' since then' END, ', ' ORDER BY monday_id)
    FROM projects WHERE monday_id IN ('K1', 'K2', 'K7', 'other')
$$;

INSERT INTO crm SELECT 'K' || i, 'Client ' || i FROM generate_series(1, 10) i;
INSERT INTO projects (monday_id, item_name) VALUES ('other', 'from elsewhere');
SELECT is(pg_temp.import('crm of the north'), '10 inserted, 0 updated, 0 unchanged, 0 archived', 'the first file brings all');
SELECT is((SELECT count(*) FROM import_origin WHERE source = 'crm of the north'), 10::bigint, 'and it is known whence they came');

DELETE FROM crm WHERE ref IN ('K1', 'K2');
SELECT is(pg_temp.import('crm of the north'), '0 inserted, 0 updated, 8 unchanged, 2 archived', 'rows that are missing from the next are archived');
SELECT is(pg_temp.states(), 'K1 archived since then, K2 archived since then, K7 active, other active', 'and no others');
SELECT is((SELECT items_deleted FROM sync_log ORDER BY id DESC LIMIT 1), 2::bigint, 'the run counts them');
SELECT is(pg_temp.import('crm of the north'), '0 inserted, 0 updated, 8 unchanged, 0 archived', 'once');

INSERT INTO crm VALUES ('K1', 'Client 1');
SELECT is(pg_temp.import('crm of the north'), '0 inserted, 0 updated, 9 unchanged, 0 archived', 'a row that comes back');
SELECT is(pg_temp.states(), 'K1 active, K2 archived since then, K7 active, other active', 'is active again');
SELECT is((SELECT archived_at FROM import_origin WHERE monday_id = 'K1'), NULL, 'and no longer missed');

-- Somebody has archived a project by hand: the file does not wake it.
UPDATE projects SET state = 'archived', deleted_at = now() WHERE monday_id = 'K7';
SELECT is(pg_temp.import('crm of the north') || '; ' || pg_temp.states(),
          '0 inserted, 0 updated, 9 unchanged, 0 archived; K1 active, K2 archived since then, K7 archived since then, other active',
          'what people archived stays archived');

-- The limit.
DELETE FROM crm WHERE ref IN ('K3', 'K4', 'K5');
SELECT is(pg_temp.failure($$ SELECT pg_temp.import('crm of the north') $$),
    '22023: import: 3 of 8 projects of source "crm of the north" are missing; They would be archived, and more than 20 % are too many for one import. Is the file complete? "missing_rows_limit": 100 in the mapping archives them all the same.',
    'too many missing rows stop the import');
SELECT is(pg_temp.import('crm of the north', '{"missing_rows_limit": 40}'), '0 inserted, 0 updated, 6 unchanged, 3 archived', 'unless the mapping allows it');

-- Another source, and none.
SELECT is(pg_temp.import('crm of the south', '{"missing_rows_limit": 0}'), '0 inserted, 0 updated, 6 unchanged, 0 archived', 'a source misses its own rows alone');
DELETE FROM crm WHERE ref = 'K6';
SELECT is(pg_temp.import('crm of the south', '{"missing_rows": "keep"}'), '0 inserted, 0 updated, 5 unchanged, 0 archived', 'which stay where the mapping says so');
SELECT is((SELECT state FROM projects WHERE monday_id = 'K6'), 'active', 'as they are');

SELECT * FROM finish();
ROLLBACK;
