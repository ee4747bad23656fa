-- What is less than noise is no news: which analyses are stored anew when other projects change, and what is pushed then.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(37);

-- Two kinds: 200 "Bridges" and 40 "Tunnels", each a segment of its own, half of them open.
INSERT INTO projects (monday_id, item_name, account, type, category, product_type, pipeline_stage, new_enquiry_value,
                      gestation_period, date_created)
SELECT kind || n, kind || ' ' || n, 'One account', kind, 'Civil', 'Steel',
       CASE WHEN n % 2 = 0 THEN 'Open Enquiry' WHEN n % 4 = 1 THEN 'Won - Closed (Invoiced)' ELSE 'Lost' END,
       100 * (n % 10), CASE WHEN n % 2 = 1 THEN 40 + n % 20 END, pipeline_today() - 30
FROM (VALUES ('Bridge', 200), ('Tunnel', 40)) AS k (kind, number), generate_series(1, number) AS n;
-- A large one that dominates the expected value, alone in its segment.
INSERT INTO projects (monday_id, item_name, account, type, category, product_type, pipeline_stage, new_enquiry_value, date_created)
SELECT 'Dam' || n, 'Dam', 'Another', 'Dam', 'Water', 'Earth', 'Open Enquiry', 1000000, pipeline_today() - 30
FROM generate_series(1, 20) AS n;
SELECT is(analyze_projects(), 260, 'all are analysed once');
CREATE TEMP TABLE before AS SELECT * FROM analysis_results;

-- One of 200 is won.
UPDATE projects SET pipeline_stage = 'Won - Closed (Invoiced)' WHERE monday_id = 'Bridge2';
SELECT is(analyze_projects(), 1, 'one of 200 is won: its own analysis alone is stored');
SELECT is((SELECT array_agg(DISTINCT project_id) FROM analysis_history WHERE valid_to IS NOT NULL), ARRAY['Bridge2'],
          'and has a version of before');
SELECT is(analyze_projects(), 0, 'a second run stores nothing');
SELECT is((SELECT count(*) FROM compute_analyses(NULL, now(), false) f JOIN analysis_results a USING (project_id)
           WHERE f.expected_conversion_rate <> a.expected_conversion_rate AND f.project_id LIKE 'Bridge%'), 199::bigint,
          'though the rate of all others moved a little');

-- Thirty are lost.
UPDATE projects SET pipeline_stage = 'Won - Closed (Invoiced)' WHERE monday_id IN (SELECT 'Bridge' || 2 * n FROM generate_series(2, 30) n);
SELECT is(analyze_projects(), 29 + 70, 'a move beyond the noise is stored: of those that changed, and of the open ones of their kind');
SELECT is_empty($$ SELECT project_id FROM analysis_results a JOIN compute_analyses(NULL, now(), false) f USING (project_id)
                   JOIN projects p ON p.monday_id = a.project_id
                   WHERE p.pipeline_stage = 'Open Enquiry' AND a.input_hash <> f.input_hash $$, 'all open ones are what they would be anew');
SELECT is((SELECT count(*) FROM analysis_results a JOIN before b USING (project_id) JOIN projects p ON p.monday_id = project_id
           WHERE p.pipeline_stage IN ('Lost', 'Won - Closed (Invoiced)') AND project_id <> ALL (SELECT 'Bridge' || 2 * n FROM generate_series(1, 30) n)
             AND a.input_hash <> b.input_hash), 0::bigint, 'a project that is won or lost keeps its analysis');

-- The numbers one by one.
SELECT is(analysis_has_moved(ROW (a, b, c, d), ROW (90, 0.4, 0.8, 50), 10000, 1, NULL), moved, format('%s %s %s %s', a, b, c, d))
FROM (VALUES (90, 0.4, 0.8, 50, false), (98, 0.409, 0.84, 52, false), (99, 0.4, 0.8, 50, true), (81, 0.4, 0.8, 50, true),
             (90, 0.41, 0.8, 50, true), (90, 0.39, 0.8, 50, true), (90, 0.4, 0.85, 50, true), (90, 0.4, 0.8, 47, true),
             (NULL, 0.4, 0.8, 50, true), (90, NULL, 0.8, 50, true)) AS t (a, b, c, d, moved);
SELECT is(analysis_has_moved(ROW (NULL, 0.4, 0.8, 50), ROW (NULL, 0.4, 0.8, 50), 10000, 1, NULL), false, 'unknown as before');
SELECT is(analysis_has_moved(ROW (5, 0.4, 0.8, 50), ROW (7, 0.4, 0.8, 50), 10000, 1, NULL), false, 'two days are no news, however short');
SELECT is(analysis_has_moved(ROW (101, 0.4, 0.8, 50), ROW (90, 0.4, 0.8, 50), 10000, 1, 11.5), false, 'nor what is less than the noise of the median');
SELECT is(analysis_has_moved(ROW (102, 0.4, 0.8, 50), ROW (90, 0.4, 0.8, 50), 10000, 1, 11.5), true, 'more is');
SELECT is(analysis_has_moved(ROW (90, 0.46, 0.2, 50), ROW (90, 0.4, 0.2, 50), 16, 1, NULL), false, 'of 16 projects, 6 points are noise');
SELECT is(analysis_has_moved(ROW (90, 0.47, 0.2, 50), ROW (90, 0.4, 0.2, 50), 16, 1, NULL), true, 'and 7 are not');
SELECT is(analysis_has_moved(ROW (90, 0.4, 0.8, 50), ROW (90, 0.4, 0.8, 50), 10000, 0, NULL), true, 'without a tolerance everything is stored');
SELECT is(analysis_has_moved(ROW (90, 0.42, 0.8, 50), ROW (90, 0.4, 0.8, 50), 10000, 3, NULL), false, 'with a larger one, less');

-- Many that are kept back must not add up: one dam is won, which is 3 points of noise for all, and all of the money.
UPDATE projects SET pipeline_stage = 'Won - Closed (Invoiced)' WHERE monday_id = 'Dam20';
SELECT cmp_ok(analyze_projects(), '>', 1, 'where kept changes add up, the largest are stored');
SELECT cmp_ok((SELECT abs(sum((f.expected_conversion_rate - a.expected_conversion_rate) * p.new_enquiry_value))
                      / sum(f.expected_conversion_rate * p.new_enquiry_value)
               FROM analysis_results a JOIN compute_analyses(NULL, now(), false) f USING (project_id)
               JOIN projects p ON p.monday_id = project_id WHERE p.pipeline_stage = 'Open Enquiry'), '<=', 0.005,
              'until the expected value is within half a percent of a fresh one');

-- What is written to items follows what they show.
SELECT record_monday_push(project_id, columns_hash, comment_hash) FROM push_content \g /dev/null
SELECT is_empty('SELECT project_id FROM push_due', 'everything is written');
UPDATE projects SET new_enquiry_value = new_enquiry_value + 10 WHERE monday_id = 'Bridge116';
SELECT analyze_projects() \g /dev/null
SELECT is_empty('SELECT project_id FROM push_due', 'a value that moves the mean of 200 is nothing to write');
UPDATE analysis_results SET summary = 'In words' WHERE project_id = 'Tunnel4';
SELECT results_eq('SELECT project_id COLLATE "default", columns_changed, comment_changed FROM push_due', $$ VALUES ('Tunnel4', false, true) $$,
                  'other words are');
UPDATE analysis_results SET expected_conversion_rate = expected_conversion_rate + 0.01,
    reasoning = jsonb_set(reasoning, '{metrics_used,segment_n}', '100000') WHERE project_id = 'Tunnel6';
SELECT is((SELECT count(*) FROM push_due WHERE project_id = 'Tunnel6'), 0::bigint, 'a point is not');
UPDATE analysis_results SET expected_conversion_rate = expected_conversion_rate + 0.01 WHERE project_id = 'Tunnel6';
SELECT results_eq($$ SELECT columns_changed, comment_changed FROM push_due WHERE project_id = 'Tunnel6' $$, 'VALUES (true, true)',
                  'two times a point are: what counts is what was written');
SELECT record_monday_push('Tunnel6', c.columns_hash) FROM push_content c WHERE project_id = 'Tunnel6' \g /dev/null
SELECT results_eq($$ SELECT columns_changed, comment_changed FROM push_due WHERE project_id = 'Tunnel6' $$, 'VALUES (false, true)',
                  'columns and comment count for themselves');
SELECT record_monday_push('Tunnel6', 'another', 'one') \g /dev/null
SELECT results_eq($$ SELECT columns_changed, comment_changed FROM push_due WHERE project_id = 'Tunnel6' $$, 'VALUES (true, true)',
                  'what was written before the analysis changed is compared exactly');

-- Without a tolerance everything is stored.
SELECT configure_pipeline('analysis_tolerance_percent', '0') \g /dev/null
SELECT cmp_ok(analyze_projects(), '>', 100, 'at zero, what was kept back is stored');
SELECT is_empty($$ SELECT project_id FROM analysis_results a JOIN compute_analyses(NULL, now(), false) f USING (project_id)
                   WHERE a.input_hash <> f.input_hash $$, 'and everything is as it would be anew');
SELECT * FROM finish();
ROLLBACK;
