-- What titles of columns and labels of stages mean.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(8);

SELECT results_eq($$ SELECT * FROM recognise_field('Date de clôture', 'date') $$,
    $$ VALUES ('expected_start_date', 2, 'possible title'), ('date_order_received', 3, 'possible title, since its usual field has another column') $$,
    'the fields that a title may mean, the best first');
SELECT results_eq($$ SELECT field, rank FROM recognise_field('date created') $$, $$ VALUES ('date_created', 0) $$, 'its own name');
SELECT is_empty($$ SELECT FROM recognise_field('Wetter', 'text') $$, 'a title that says nothing');
SELECT is_empty($$ SELECT FROM recognise_field(NULL) $$, 'no title');

SELECT results_eq($$ SELECT * FROM recognise_stage('Gewonnen') $$, $$ VALUES ('Gewonnen', 'Committed', 1.00000, 'won', 'a word for won') $$, 'a label that says it');
SELECT is_empty($$ SELECT FROM recognise_stage('Lila') $$, 'a label that says nothing');
SELECT results_eq($$ SELECT stage, stage_bucket, default_probability, outcome FROM propose_stages('[{"label": "Lila"}, {"label": "Orange", "is_done": true}, {"label": "Perdu"}, {"no": 1}, 7]') $$,
    $$ VALUES ('Lila', 'Open', 0.50000, 'open'), ('Orange', 'Committed', 1.00000, 'won'), ('Perdu', 'Lost', 0.00000, 'lost') $$,
    'each label by its words, by the board, by its place');
SELECT is_empty($$ SELECT FROM propose_stages('{}') $$, 'no list');

SELECT * FROM finish();
ROLLBACK;
