-- The digest follows the projects whatever changes them, and one project analysed with it is one of all.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(66);

\ir ../include/failure.sql

CREATE FUNCTION pg_temp.pieces() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM analysis_digest $$;
CREATE FUNCTION pg_temp.is_current() RETURNS boolean LANGUAGE sql AS $$ SELECT missing_from_digest() IS NULL $$;
-- How many pieces a statement adds.
CREATE FUNCTION pg_temp.added_by(statement text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    before bigint := pg_temp.pieces();
BEGIN
    EXECUTE statement;
    RETURN pg_temp.pieces() - before;
END $$;
-- Projects whose analysis out of the digest is not that of the whole pipeline.
CREATE FUNCTION pg_temp.deviating(as_of timestamptz DEFAULT now()) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(a.project_id, ' ' ORDER BY a.project_id)
    FROM (SELECT * FROM compute_analyses(NULL, as_of, false)) a
    LEFT JOIN LATERAL (SELECT * FROM compute_few_analyses(ARRAY[a.project_id], as_of, false)) o ON true
    WHERE a IS DISTINCT FROM o
$$;

SELECT is(pg_temp.pieces(), 0::bigint, 'an empty pipeline has an empty digest');
SELECT ok(pg_temp.is_current(), 'which is complete');

-- A few hundred projects in segments of every width, some with fields, dates and values missing.
SELECT setseed(0.75);
CREATE FUNCTION pg_temp.random_project(n integer, OUT account text, OUT type text, OUT category text, OUT product_type text,
    OUT pipeline_stage text, OUT new_enquiry_value numeric, OUT gestation_period integer, OUT date_created date)
LANGUAGE sql VOLATILE AS $$
    SELECT CASE WHEN random() < 0.1 THEN NULL WHEN random() < 0.1 THEN '' ELSE 'Account ' || floor(random() * random() * 8) END,
        CASE WHEN random() < 0.05 THEN NULL WHEN random() < 0.05 THEN 'Rare ' || n ELSE (ARRAY['New Build', 'Extension'])[ceil(random() * 2)] END,
        CASE WHEN random() < 0.05 THEN NULL WHEN random() < 0.04 THEN 'Rare ' || n ELSE (ARRAY['Health', 'Retail', 'health'])[ceil(random() * 3)] END,
        CASE WHEN random() < 0.1 THEN NULL WHEN random() < 0.1 THEN 'Rare ' || n ELSE (ARRAY['Flat', 'Flat, Green'])[ceil(random() * 2)] END,
        (ARRAY['Won - Closed (Invoiced)', 'Lost', 'Open Enquiry', 'Won - Open (Order Received)', 'Unheard of', NULL])[ceil(random() * 6)],
        CASE WHEN random() < 0.8 THEN round((random() * random() * 200000)::numeric, 2) WHEN random() < 0.5 THEN 0 END,
        CASE WHEN random() < 0.7 THEN floor(random() * 60) * 20 END::integer,
        CASE WHEN random() < 0.97 THEN pipeline_today() - floor(random() * 2200)::integer + 30 END
$$;
SELECT is(pg_temp.added_by($$
    INSERT INTO projects (monday_id, item_name, account, type, category, product_type, pipeline_stage, new_enquiry_value, gestation_period, date_created)
    SELECT 'r' || n, 'Random ' || n, r.* FROM generate_series(1, 300) n, LATERAL pg_temp.random_project(n) r $$),
    1::bigint, 'a statement adds one piece, however many projects it writes');
SELECT ok(pg_temp.is_current(), 'the digest is complete');
SELECT cmp_ok((SELECT octet_length(packed) FROM analysis_digest), '<', 300 * 30, 'and small');
SELECT is(pg_temp.deviating(), NULL, 'each project has the analysis that it has among all');
SELECT is((SELECT array_agg(DISTINCT (reasoning->'metrics_used'->>'tier')::integer) FROM compute_analyses(NULL, now(), false)), ARRAY[1, 2, 3, 4, 5],
          'in all tiers');
SELECT is(pg_temp.deviating(now() + interval '400 days'), NULL, 'at a later moment too');
SELECT is(pg_temp.deviating('1999-01-01Z'), NULL, 'and long before');

-- What changes a project adds a piece, what statistics do not read adds none.
SELECT is(pg_temp.added_by($$ UPDATE projects SET item_name = 'Other', probability_percent = 5, last_synced_at = now() $$), 0::bigint,
          'columns that no statistics read add nothing');
SELECT is(pg_temp.added_by($$ UPDATE projects SET gestation_period = 5000 WHERE gestation_period IS NULL $$), 0::bigint,
          'nor does a duration that none would use');
SELECT is(pg_temp.added_by(format('UPDATE projects SET %s WHERE monday_id = ''r7''', change)), 1::bigint, change)
FROM unnest(ARRAY['account = ''Other''', 'type = NULL', 'category = ''Other''', 'product_type = ''Other''', 'pipeline_stage = ''Lost''',
                  'new_enquiry_value = 7.77', 'gestation_period = 7', 'date_created = pipeline_today() - 7', 'date_created = NULL',
                  'new_enquiry_value = NULL', 'state = ''archived''']) change;
SELECT ok(pg_temp.is_current(), 'the digest follows each of them');
SELECT is(pg_temp.added_by($$ UPDATE projects SET new_enquiry_value = 7 WHERE monday_id = 'r7' $$), 0::bigint, 'an archived project is not in it');
SELECT is(pg_temp.added_by($$ UPDATE projects SET state = 'active' WHERE monday_id = 'r7' $$), 1::bigint, 'until it comes back');
SELECT is(pg_temp.added_by($$ UPDATE projects a
    SET (account, type, category, product_type, pipeline_stage, new_enquiry_value, gestation_period, date_created) =
        (b.account, b.type, b.category, b.product_type, b.pipeline_stage, b.new_enquiry_value, b.gestation_period, b.date_created)
    FROM projects b WHERE (a.monday_id, b.monday_id) IN (('r8', 'r9'), ('r9', 'r8')) $$), 0::bigint, 'nor does which project it is');
SELECT is(pg_temp.added_by($$ INSERT INTO projects (monday_id, item_name, account, date_created) VALUES ('r10', 'Ten', 'Upsert', pipeline_today()),
    ('new', 'New', 'Upsert', pipeline_today()) ON CONFLICT (monday_id) DO UPDATE SET account = excluded.account $$), 2::bigint,
    'an upsert adds a piece for what it inserts and one for what it updates');
SELECT is(pg_temp.added_by($$ DELETE FROM projects WHERE monday_id IN ('r11', 'r12') $$), 1::bigint, 'a removal is a piece');
SELECT is(pg_temp.added_by($$ DELETE FROM projects WHERE monday_id = 'nobody' $$), 0::bigint, 'if there was anything to remove');
SELECT is(pg_temp.added_by($$ UPDATE pipeline_stage SET outcome = 'won' WHERE stage = 'Won - Open (Order Received)' $$), 0::bigint,
          'what a stage means is looked up');
SELECT is(pg_temp.deviating(), NULL, 'and found');
SELECT is(pg_temp.added_by($$ DELETE FROM pipeline_stage WHERE stage = 'Lost' $$), 1::bigint, 'which rule applies is known of each project');
SELECT ok(pg_temp.is_current(), 'the digest is complete');
SELECT is(pg_temp.deviating(), NULL, 'and each project has the analysis that it has among all');

-- Any sequence of changes.
CREATE FUNCTION pg_temp.change_at_random(changes integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    FOR n IN 1 .. changes LOOP
        CASE floor(random() * 5)
            WHEN 0 THEN
                INSERT INTO projects (monday_id, item_name, account, type, category, product_type, pipeline_stage, new_enquiry_value, gestation_period, date_created)
                SELECT format('c%s %s', pg_temp.pieces(), n), 'Change', r.* FROM pg_temp.random_project(n) r;
            WHEN 1 THEN DELETE FROM projects WHERE monday_id = (SELECT monday_id FROM projects ORDER BY random() LIMIT 1);
            WHEN 2 THEN UPDATE projects SET state = CASE state WHEN 'active' THEN 'archived' ELSE 'active' END WHERE random() < 0.01;
            ELSE
                UPDATE projects p SET (account, type, category, product_type, pipeline_stage, new_enquiry_value, gestation_period, date_created) =
                    (SELECT * FROM pg_temp.random_project(n)) WHERE random() < 0.02;
        END CASE;
    END LOOP;
END $$;
SELECT pg_temp.change_at_random(150) \g /dev/null
SELECT cmp_ok(pg_temp.pieces(), '>', 100::bigint, 'many pieces later');
SELECT ok(pg_temp.is_current(), 'the digest is still complete');
SELECT is(pg_temp.deviating(), NULL, 'and each project has the analysis that it has among all');

-- Merging.
SELECT merge_digest(1000) \g /dev/null
SELECT cmp_ok(pg_temp.pieces(), '>', 100::bigint, 'as long as there are not too many, pieces stay');
SELECT merge_digest(20) \g /dev/null
SELECT cmp_ok(pg_temp.pieces(), '<=', 2::bigint, 'then they are merged');
SELECT ok(pg_temp.is_current(), 'into the same sum');
SELECT is(pg_temp.deviating(), NULL, 'with the same results');
DELETE FROM analysis_digest;
SELECT catch_up_digest() \g /dev/null
-- Whoever is left after changes at random.
SELECT min(monday_id) AS survivor FROM projects WHERE state = 'active' AND monday_id LIKE 'r1%' \gset
CREATE TEMP TABLE base AS SELECT id FROM analysis_digest;
UPDATE projects SET new_enquiry_value = coalesce(new_enquiry_value, 0) + 1 WHERE monday_id = :'survivor';
UPDATE projects SET new_enquiry_value = coalesce(new_enquiry_value, 0) + 1 WHERE monday_id = :'survivor';
SELECT merge_digest(2) \g /dev/null
SELECT is((SELECT array_agg(d.id = b.id ORDER BY d.id) FROM analysis_digest d, base b), ARRAY[true, false],
          'a large piece is not written anew for a few small ones');
SELECT ok(pg_temp.is_current(), 'the sum is the same');
UPDATE projects SET new_enquiry_value = coalesce(new_enquiry_value, 0) + 1;
SELECT merge_digest(1) \g /dev/null
SELECT is((SELECT array_agg(d.id > b.id) FROM analysis_digest d, base b), ARRAY[true], 'it is when they have grown');
UPDATE projects SET new_enquiry_value = coalesce(new_enquiry_value, 0) + 1;
SELECT merge_digest(1000) \g /dev/null
SELECT is(pg_temp.pieces(), 2::bigint, 'two pieces are few');
SELECT merge_digest(1000, most_spare_bytes => 100) \g /dev/null
SELECT is(pg_temp.pieces(), 1::bigint, 'but may hold too much beside what is left of them');
SELECT set_config('test.survivor', :'survivor', true) \g /dev/null
DO $$ BEGIN FOR n IN 1 .. 210 LOOP UPDATE projects SET new_enquiry_value = n WHERE monday_id = current_setting('test.survivor'); END LOOP; END $$;
SELECT analyze_project(:'survivor') \g /dev/null
SELECT cmp_ok(pg_temp.pieces(), '<=', 2::bigint, 'an analysis merges before it reads');

-- Changes that no trigger saw. The repair says so in a warning.
SET LOCAL client_min_messages = error;
ALTER TABLE projects DISABLE TRIGGER USER;
UPDATE projects SET category = 'Unseen', new_enquiry_value = 5 WHERE monday_id > 'r2';
SELECT is(pg_temp.deviating(), NULL, 'while the triggers are off, the projects themselves are read');
ALTER TABLE projects ENABLE TRIGGER USER;
SELECT is((SELECT count(*) FROM compute_analyses(NULL, now(), false) a, LATERAL compute_few_analyses(ARRAY[a.project_id], now(), false) o
           WHERE a.project_id > 'r2' AND a IS DISTINCT FROM o), 0::bigint, 'and for a project that the digest does not know');
SELECT ok(pg_temp.is_current(), 'the analysis of all repairs the digest');
RESET client_min_messages;
SELECT is(pg_temp.deviating(), NULL, 'so that every project has its analysis again');
DELETE FROM analysis_digest;
SELECT pipeline_setup() \g /dev/null
SELECT ok(pg_temp.is_current(), 'and so does pipeline_setup()');

-- The digest counts for those only who see all projects.
CREATE ROLE digest_reader;
SELECT grant_pipeline_poller('digest_reader') \g /dev/null
ALTER TABLE projects ENABLE ROW LEVEL SECURITY;
CREATE POLICY part ON projects USING (monday_id LIKE 'r1%');
SET LOCAL ROLE digest_reader;
SELECT is((analyze_project(:'survivor')).reasoning->'metrics_used'->>'segment_n' IS NOT NULL, true, 'a role that sees some projects analyses them');
SELECT is(analyze_projects() > 0, true, 'alone or all');
SELECT is(pg_temp.deviating(), NULL, 'with the same result');
RESET ROLE;
SELECT ok(pg_temp.is_current(), 'and leaves the digest as it was');
DROP POLICY part ON projects;
ALTER TABLE projects DISABLE ROW LEVEL SECURITY;

-- Damage is told by a checksum, whatever the bytes claim, and nobody is kept from working by it.
SELECT is(pg_temp.failure(format('SELECT digest_pieces(1, %L::bytea)', bytes)), message, bytes)
FROM (VALUES
    ('', 'XX001: a piece of analysis_digest is damaged; Call pipeline_setup(), which fills it from projects.'),
    ('\x0200', 'XX001: a piece of analysis_digest is damaged; Call pipeline_setup(), which fills it from projects.'),
    ('\x01' || repeat('00', 100), '55000: a piece of analysis_digest was written by another version of the extension; Call pipeline_setup(), which fills it from projects.')
) AS t (bytes, message);
CREATE TEMP TABLE expected AS SELECT (analyze_project(:'survivor')).reasoning;
CREATE FUNCTION pg_temp.damage() RETURNS void LANGUAGE sql AS $$
    UPDATE analysis_digest SET packed = set_byte(packed, octet_length(packed) / 2, 255 - get_byte(packed, octet_length(packed) / 2))
    WHERE id = (SELECT max(id) FROM analysis_digest)
$$;
SELECT merge_digest(1), pg_temp.damage() \g /dev/null
SET LOCAL client_min_messages = error;
SELECT is(pg_temp.failure('SELECT missing_from_digest()'), 'XX001: a piece of analysis_digest is damaged; Call pipeline_setup(), which fills it from projects.',
          'one damaged byte is noticed');
SELECT is((SELECT r.reasoning FROM compute_few_analyses(ARRAY[:'survivor'], now(), false) r), (SELECT reasoning FROM expected),
          'a project is analysed nevertheless');
SELECT is(pg_temp.deviating(), NULL, 'and so are all');
SELECT ok(pg_temp.is_current(), 'by which the digest is made anew');
SELECT pg_temp.damage(), pipeline_setup() \g /dev/null
SELECT ok(pg_temp.is_current(), 'as it is by pipeline_setup()');
UPDATE projects SET new_enquiry_value = 1 WHERE monday_id = :'survivor';
SELECT pg_temp.damage(), merge_digest(1) \g /dev/null
SELECT ok(pg_temp.is_current(), 'and where pieces are merged');
SELECT is(pg_temp.pieces(), 1::bigint, 'into one');
RESET client_min_messages;

SELECT * FROM finish();
ROLLBACK;
