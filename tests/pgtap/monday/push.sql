-- What is written back to an item, and which items are due.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(62);

\ir ../include/failure.sql
CREATE FUNCTION pg_temp.html(id text) RETURNS text LANGUAGE sql AS $$ SELECT monday_push_payload(id)->>'comment_html' $$;

INSERT INTO projects (monday_id, item_name) VALUES ('full', 'P'), ('numbers', 'P'), ('blank', 'P'), ('none', 'P'), ('gone', 'P');
INSERT INTO analysis_results (project_id, expected_gestation_days, gestation_confidence, expected_conversion_rate,
                              conversion_confidence, rating_score, summary, reasoning)
VALUES ('full', 80, 0.425, 0.25355, 0.66, 57, 'It looks good.',
        '{"gestation": "Three months.", "conversion": "One in four.", "rating": "Above the middle.", "cluster": "category = Schools",
          "metrics_used": {"segment_n": 66, "tier": 2, "wins": 17, "losses": 10, "open": 39, "gestation_p25": 52,
                           "gestation_p75": 125, "mean_value": 21000.50}}'),
       ('numbers', 80, NULL, 0.25355, 0.66, 57, NULL, '{"cluster": "global", "metrics_used": {"segment_n": 66}}'),
       ('blank', NULL, NULL, NULL, NULL, NULL, NULL, NULL);

-- The content ------------------------------------------------------------------------------------------------------

SELECT is(monday_push_payload('full')->'columns', '{"days": "80", "rate": "25.36", "rating": "57"}', 'three numbers, as texts');
SELECT is(pg_temp.html('full'),
    '<h3>Pipeline analysis</h3><ul><li>Days from design to invoice: 80 (confidence 43%)</li>'
    '<li>Conversion: 25.4% (confidence 66%)</li><li>Rating: 57 of 100</li></ul>'
    '<p>It looks good.</p><p><b>Days</b>: Three months.</p><p><b>Conversion</b>: One in four.</p><p><b>Rating</b>: Above the middle.</p>'
    '<p><b>Figures used</b>: 66 projects; compared by category = Schools; 17 won, 10 lost, 39 open; '
    'half of the durations between 52 and 125 days; mean value 21000.50</p>', 'a comment with the numbers, the reasons and the figures');
SELECT is(pg_temp.html('numbers'),
    '<h3>Pipeline analysis</h3><ul><li>Days from design to invoice: 80</li><li>Conversion: 25.4% (confidence 66%)</li>'
    '<li>Rating: 57 of 100</li></ul><p><b>Figures used</b>: 66 projects; compared by global</p>',
    'what there is no text or figure for is left out');
SELECT is(monday_push_payload('blank')->'columns', '{}', 'an unknown number leaves its column out');
SELECT is(pg_temp.html('blank'),
    '<h3>Pipeline analysis</h3><ul><li>Days from design to invoice: unknown</li><li>Conversion: unknown</li><li>Rating: unknown</li></ul>',
    'and is called unknown in the comment');
UPDATE analysis_results SET reasoning = '[1]' WHERE project_id = 'blank';
SELECT matches(pg_temp.html('blank'), 'Rating: unknown</li></ul>$', 'reasoning of another shape spoils nothing');
SELECT is(monday_push_payload('full'), monday_push_payload('full'), 'the same analysis gives the same payload');
SELECT matches(monday_push_payload('full')->>kind, '^[0-9a-f]{32}$', kind || ' is a short name of the content')
FROM unnest(ARRAY['columns_hash', 'comment_hash']) AS kind;

-- Rounding: half away from zero.
CREATE TEMP TABLE rounding (rate numeric, percent text, in_words text);
INSERT INTO rounding VALUES
    (0, '0.00', '0.0%'), (1, '100.00', '100.0%'), (0.5, '50.00', '50.0%'), (0.12345, '12.35', '12.3%'), (0.12344, '12.34', '12.3%'),
    (0.12355, '12.36', '12.4%'), (0.123455, '12.35', '12.3%'), (0.00005, '0.01', '0.0%'), (0.00004, '0.00', '0.0%'), (0.99995, '100.00', '100.0%'),
    (0.0005, '0.05', '0.1%'), (0.2505, '25.05', '25.1%'), (0.1235, '12.35', '12.4%');
INSERT INTO projects (monday_id, item_name) SELECT 'rate ' || rate, 'P' FROM rounding;
INSERT INTO analysis_results (project_id, expected_conversion_rate) SELECT 'rate ' || rate, rate FROM rounding;
SELECT is(monday_push_payload('rate ' || rate)->'columns'->>'rate' || ' ' || substring(pg_temp.html('rate ' || rate), 'Conversion: ([0-9.]+%)'),
          percent || ' ' || in_words, format('a rate of %s is %s percent, in words %s', rate, percent, in_words))
FROM rounding;

-- Any text in any column.
CREATE TEMP TABLE hostile (what text, given text, shown text);
INSERT INTO hostile VALUES
    ('markup', '<script>alert(''x'')</script> & "y"', '&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;y&quot;'),
    ('escaped markup', '&lt;b&gt;', '&amp;lt;b&amp;gt;'),
    ('a closing tag', '</p></li></ul>', '&lt;/p&gt;&lt;/li&gt;&lt;/ul&gt;'),
    ('newlines', E'a\r\n\tb', 'a b'),
    ('control characters', E'a\x01\x1b\x7f' || U&'\0085\202e\200b' || 'b', 'a b'),
    ('emoji', U&'\+01F600 \00e9', U&'\+01F600 \00e9'),
    ('format codes', '%s %1$s \1 $1', '%s %1$s \1 $1'),
    ('10 kB', repeat('<', 10000), repeat('&lt;', 1499) || U&'\2026');
INSERT INTO projects (monday_id, item_name) SELECT 'text ' || what, 'P' FROM hostile;
INSERT INTO analysis_results (project_id, summary, reasoning)
SELECT 'text ' || what, given, jsonb_build_object('gestation', given, 'conversion', given, 'rating', given) FROM hostile;
SELECT is(pg_temp.html('text ' || what),
    '<h3>Pipeline analysis</h3><ul><li>Days from design to invoice: unknown</li><li>Conversion: unknown</li><li>Rating: unknown</li></ul><p>'
    || shown || '</p><p><b>Days</b>: ' || shown || '</p><p><b>Conversion</b>: ' || shown || '</p><p><b>Rating</b>: ' || shown || '</p>',
    what || ': harmless in every paragraph')
FROM hostile;
UPDATE analysis_results SET reasoning = jsonb_build_object('cluster', 'account = ' || repeat('<&>', 4000)) WHERE project_id = 'text 10 kB';
SELECT ok(length(pg_temp.html('text 10 kB')) < 20000 AND pg_temp.html('text 10 kB') !~ '<&|&>', 'the names of a segment are escaped and bounded, too');

-- Hashes change exactly with what they stand for -------------------------------------------------------------------

CREATE TEMP TABLE change (what text, assignment text, columns boolean, comment boolean);
INSERT INTO change VALUES
    ('the days', 'expected_gestation_days = 81', true, true),
    ('the days becoming unknown', 'expected_gestation_days = NULL', true, true),
    ('the rate', 'expected_conversion_rate = 0.35355', true, true),
    ('the rate, below what a comment shows', 'expected_conversion_rate = 0.25405', true, false),
    ('the rate, below what anything shows', 'expected_conversion_rate = 0.25356', false, false),
    ('the rating', 'rating_score = 58', true, true),
    ('days and rating swapped', 'expected_gestation_days = 57, rating_score = 80', true, true),
    ('a confidence', 'gestation_confidence = 0.44', false, true),
    ('the summary', 'summary = ''It looks better.''', false, true),
    ('a reason', $$reasoning = reasoning || '{"rating": "Well above."}'$$, false, true),
    ('a figure', $$reasoning = jsonb_set(reasoning, '{metrics_used,wins}', '18')$$, false, true),
    ('white space in the summary', 'summary = ''It  looks good. ''', false, false),
    ('the status of the explanation', 'llm_status = ''failed''', false, false),
    ('the moment of the analysis', 'analysis_timestamp = now() + interval ''1 day'', updated_at = now() + interval ''1 day''', false, false),
    ('the inputs', 'input_hash = ''other''', false, false);
CREATE TEMP TABLE change_result (what text, columns boolean, comment boolean);
DO $$
DECLARE
    c record;
    before jsonb := monday_push_payload('full');
    after jsonb;
BEGIN
    FOR c IN SELECT * FROM change LOOP
        BEGIN
            EXECUTE 'UPDATE analysis_results SET ' || c.assignment || ' WHERE project_id = ''full''';
            after := monday_push_payload('full');
            RAISE EXCEPTION USING ERRCODE = 'P0099';
        EXCEPTION WHEN SQLSTATE 'P0099' THEN
            NULL;  -- undone
        END;
        INSERT INTO change_result VALUES (
            c.what, after->>'columns_hash' <> before->>'columns_hash', after->>'comment_hash' <> before->>'comment_hash');
    END LOOP;
END $$;
SELECT is(format('columns %s, comment %s', r.columns, r.comment), format('columns %s, comment %s', c.columns, c.comment),
          c.what || ' changes what shows it')
FROM change c JOIN change_result r USING (what);

-- What is due ------------------------------------------------------------------------------------------------------

DELETE FROM projects WHERE monday_id NOT IN ('full', 'numbers', 'blank', 'none', 'gone');
UPDATE analysis_results SET updated_at = now() - CASE project_id WHEN 'full' THEN interval '1 hour' WHEN 'numbers' THEN '3 hours' ELSE '2 hours' END;
INSERT INTO analysis_results (project_id, rating_score, updated_at) VALUES ('gone', 50, now() - interval '1 day');
UPDATE projects SET state = 'deleted' WHERE monday_id = 'gone';
SELECT results_eq('SELECT * FROM monday_push_due()',
    $$ VALUES ('numbers', true, true, now() - interval '3 hours'), ('blank', false, true, now() - interval '2 hours'),
              ('full', true, true, now() - interval '1 hour') $$,
    'what was never pushed is due, longest waiting first; without numbers there is no column to write');
SELECT results_eq('SELECT project_id FROM monday_push_due(2)', ARRAY['numbers', 'blank'], 'at most so many');
SELECT is_empty('SELECT FROM monday_push_due(0)', 'or none');
INSERT INTO push_state (project_id, columns_hash, comment_hash)
SELECT id, p->>'columns_hash', p->>'comment_hash' FROM unnest(ARRAY['full', 'numbers', 'blank']) AS id, monday_push_payload(id) AS p;
SELECT is_empty('SELECT FROM monday_push_due()', 'what was pushed is not due');
UPDATE analysis_results SET llm_status = 'pending', input_hash = 'x' WHERE project_id = 'full';
SELECT is_empty('SELECT FROM monday_push_due()', 'nor after a change that shows nowhere');
UPDATE analysis_results SET summary = 'New words.' WHERE project_id = 'full';
UPDATE analysis_results SET expected_conversion_rate = 0.25405 WHERE project_id = 'numbers';
SELECT results_eq('SELECT project_id, columns_changed, comment_changed FROM monday_push_due()',
    $$ VALUES ('numbers', true, false), ('full', false, true) $$, 'columns and comment are due apart');
UPDATE push_state SET comment_hash = NULL WHERE project_id = 'blank';
SELECT is((SELECT count(*) FROM monday_push_due() WHERE project_id = 'blank'), 1::bigint, 'a comment that failed is due again');
UPDATE projects SET state = 'archived';
SELECT is_empty('SELECT FROM monday_push_due()', 'archived projects are left alone');

-- Refusals and rights ----------------------------------------------------------------------------------------------

UPDATE projects SET state = 'active' WHERE monday_id <> 'gone';
SELECT is(pg_temp.failure($$SELECT monday_push_payload('nobody')$$),
    'P0002: unknown project "nobody"; Name the monday_id of an active project; archived and deleted projects are not analysed.',
    'an unknown project has no payload');
SELECT matches(pg_temp.failure(statement), '^P0002: unknown project', statement || ' is refused')
FROM unnest(ARRAY[$$SELECT monday_push_payload('gone')$$, 'SELECT monday_push_payload(NULL)']) AS statement;
SELECT is(pg_temp.failure($$SELECT monday_push_payload('none')$$),
    '55000: project "none" has no analysis to push; Call analyze_project() first.', 'a project is analysed before it is pushed');
SELECT is(pg_temp.failure(statement), '22023: max_projects must be zero or more; Leave it out for 1000.', statement || ' is refused')
FROM unnest(ARRAY['SELECT monday_push_due(-1)', 'SELECT monday_push_due(NULL)']) AS statement;
SELECT is_empty(
    $$ SELECT p.oid::regprocedure FROM pg_proc p
       WHERE p.pronamespace IN ('pipeline'::regnamespace, 'pipeline_work'::regnamespace, 'pipeline_internal'::regnamespace, 'pipeline_data'::regnamespace) AND p.proname IN ('monday_push_payload', 'monday_push_due')
         AND has_function_privilege('public', p.oid, 'EXECUTE') AND has_schema_privilege('public', p.pronamespace, 'USAGE') $$, 'PUBLIC may not look');
CREATE ROLE push_test_poller;
SELECT grant_pipeline_poller('push_test_poller');
SET LOCAL ROLE push_test_poller;
CREATE TEMP TABLE as_poller AS
SELECT count(*) AS due, max(length(monday_push_payload(project_id)->>'comment_html')) AS longest FROM monday_push_due();
RESET ROLE;
SELECT ok((SELECT due > 0 AND longest > 0 FROM as_poller), 'the role of the poller may');

SELECT * FROM finish();
ROLLBACK;
