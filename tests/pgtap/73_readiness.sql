-- Whether the pipeline is in order.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(9);

SELECT results_eq('SELECT * FROM pipeline_readiness()', format($$ VALUES ('layout', true, 'layout %s'), ('queue', true, 'no job is due'),
    ('boards', true, 'no board is configured') $$, layout_version()), 'an empty pipeline is in order');

SELECT enqueue_job('analyze', 'a', run_at => now() + interval '1 hour') \g /dev/null
SELECT is((SELECT detail FROM pipeline_readiness() WHERE check_name = 'queue'), 'no job is due', 'a job of the future is not late');
SELECT enqueue_job('rehydrate_full', 'b') \g /dev/null
SELECT ok((SELECT ready FROM pipeline_readiness() WHERE check_name = 'queue'), 'neither is one that was just enqueued');
UPDATE job_queue_queued SET run_at = now() - interval '11 minutes', created_at = now() - interval '11 minutes' WHERE project_id = 'b';
SELECT results_eq($$ SELECT ready, detail ~ '^the oldest due job has waited for 66\d s$' FROM pipeline_readiness() WHERE check_name = 'queue' $$,
    'VALUES (false, true)', 'one that waits for longer than ten minutes is');
SELECT ok((SELECT ready FROM pipeline_readiness(max_queue_lag => '12 minutes') WHERE check_name = 'queue'), 'or than is allowed');
SELECT block_provider('monday', '1 hour', 'test') \g /dev/null
SELECT ok((SELECT ready FROM pipeline_readiness() WHERE check_name = 'queue'), 'not while its provider is to be left alone');

INSERT INTO monday_board (board_id, role, name, high_water_mark, is_active) VALUES
    ('1', 'parent', 'A', now() - interval '2 hours', true), ('2', 'parent', 'B', NULL, false);
SELECT results_eq($$ SELECT ready, detail FROM pipeline_readiness() WHERE check_name = 'boards' $$,
    $$ VALUES (true, '1 boards were read in time') $$, 'boards that were read lately are in order');
UPDATE monday_board SET is_active = true;
SELECT results_eq($$ SELECT ready, detail ~ '^board 1 was read 72\d\d s ago; board 2 was never read$'
                     FROM pipeline_readiness(max_board_age => '1 hour') WHERE check_name = 'boards' $$,
    'VALUES (false, true)', 'late ones are named');

UPDATE pipeline_schema_version SET version = version + 1000 WHERE version = layout_version();
SELECT results_eq('SELECT * FROM pipeline_readiness()', format($$ VALUES ('layout', false,
    'the pipeline tables have layout %s, and this version of the extension needs layout %s') $$, layout_version() + 1000, layout_version()),
    'tables of another layout are not, and nothing else is looked at');

SELECT * FROM finish();
ROLLBACK;
