-- The dimension of projects: it says of every project what the project says, whatever happens to it.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(20);

CREATE FUNCTION pg_temp.dimension(id text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT concat_ws(' ', project_name, account, category, pipeline_stage, stage_bucket, state) FROM vw_dim_project WHERE project_id = id
$$;
CREATE FUNCTION pg_temp.deviating() RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT violations FROM validate_pipeline_forecast() WHERE check_name = 'project_dimension_is_current'
$$;
CREATE FUNCTION pg_temp.version(id text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT xmin::text || ctid::text FROM project_dimension WHERE project_id = id
$$;

INSERT INTO projects (monday_id, item_name, project_name, account, category, pipeline_stage) VALUES
    ('a', 'Item A', 'Project A', 'Account', 'Health', 'Lost'), ('b', 'Item B', '', NULL, NULL, NULL), ('c', 'Item C', NULL, NULL, NULL, NULL);
SELECT is(pg_temp.dimension('a'), 'Project A Account Health Lost Lost active', 'a new project is there at once');
SELECT is(pg_temp.dimension('b') || ', ' || pg_temp.dimension('c'), 'Item B Open active, Item C Open active',
          'without a name of its own a project has that of its item');

UPDATE projects SET account = 'Other', category = NULL, pipeline_stage = 'Won - Closed (Invoiced)' WHERE monday_id = 'a';
SELECT is(pg_temp.dimension('a'), 'Project A Other Won - Closed (Invoiced) Committed active', 'it follows a change');
UPDATE projects SET item_name = 'Item B2' WHERE monday_id = 'b';
SELECT is(pg_temp.dimension('b'), 'Item B2 Open active', 'the name of the item too');
CREATE TEMP TABLE before AS SELECT pg_temp.version('a') AS version;
UPDATE projects SET new_enquiry_value = 5, last_synced_at = now();
SELECT is(pg_temp.version('a'), (SELECT version FROM before), 'a change of what it does not say writes nothing');
UPDATE pipeline_stage SET stage_bucket = 'Lost' WHERE stage = '(any other)';
SELECT is(pg_temp.dimension('c'), 'Item C Lost active', 'it follows the rules of stages');
UPDATE projects SET state = 'archived' WHERE monday_id = 'c';
SELECT is(pg_temp.dimension('c'), 'Item C Lost archived', 'and the state');

INSERT INTO projects (monday_id, item_name, project_name) VALUES ('a', 'Item A', 'Project A again'), ('d', 'Item D', NULL)
ON CONFLICT (monday_id) DO UPDATE SET project_name = excluded.project_name;
SELECT is(pg_temp.dimension('a') || ', ' || pg_temp.dimension('d'),
          'Project A again Other Won - Closed (Invoiced) Committed active, Item D Lost active', 'an upsert does both');
INSERT INTO projects (monday_id, item_name, account)
SELECT 'long', 'Long', string_agg(md5(n::text), '') FROM generate_series(1, 320) n;
SELECT is((SELECT length(account) FROM vw_dim_project WHERE project_id = 'long'), 10240, 'a text of any length has room');

DELETE FROM projects WHERE monday_id = 'a';
SELECT is(pg_temp.dimension('a'), 'Project A again Other Won - Closed (Invoiced) Committed deleted', 'a removed project keeps its attributes');
INSERT INTO projects (monday_id, item_name) VALUES ('a', 'Item A');
SELECT is(pg_temp.dimension('a'), 'Item A Lost active', 'and stands once when it comes back');
SELECT is(pg_temp.deviating(), 0::bigint, 'until here it agrees with the projects');

-- What its triggers did not see.
SET LOCAL session_replication_role = replica;
UPDATE projects SET account = 'Unseen' WHERE monday_id = 'a';
INSERT INTO projects (monday_id, item_name) VALUES ('e', 'Item E');
DELETE FROM projects WHERE monday_id = 'b';
SET LOCAL session_replication_role = origin;
SELECT is(pg_temp.deviating(), 3::bigint, 'a change that it missed is found');
SELECT pipeline_setup() \g /dev/null
SELECT is(pg_temp.dimension('a') || ', ' || pg_temp.dimension('e') || ', ' || pg_temp.dimension('b'),
          'Item A Unseen Lost active, Item E Lost active, Item B2 Lost deleted', 'and pipeline_setup() repairs it');
SELECT is(pg_temp.deviating(), 0::bigint, 'wholly');

-- It can be made anew: what was removed is told by history.
DELETE FROM projects WHERE monday_id = 'd';
INSERT INTO projects (monday_id, item_name, account, category, date_created) VALUES ('known', 'Known', 'Account', 'Health', '2026-01-31');
DELETE FROM projects WHERE monday_id = 'known';
DELETE FROM project_dimension;
SELECT pipeline_setup() \g /dev/null
SELECT is(pg_temp.dimension('d'), 'Item D deleted', 'a removed project is named by its last version');
SELECT is((SELECT concat_ws(' ', project_name, account, category, date_created, state) FROM project_dimension WHERE project_id = 'known'),
          'Known Account Health 2026-01-31 deleted', 'with all that its last version tells');
SELECT is(pg_temp.deviating(), 0::bigint, 'and the others by themselves');
CREATE TEMP TABLE versions AS SELECT project_id, pg_temp.version(project_id) AS version FROM project_dimension;
SELECT pipeline_setup() \g /dev/null
SELECT is_empty('SELECT project_id FROM versions WHERE version <> pg_temp.version(project_id)', 'a setup with nothing to repair writes nothing');
SELECT is((SELECT count(*) FROM project_dimension), 7::bigint, 'one row for each project');

SELECT * FROM finish();
ROLLBACK;
