-- Keys of the REST interface: only digests are stored.
\set ON_ERROR_STOP 1
BEGIN;
SELECT plan(20);

\ir ../include/failure.sql

CREATE FUNCTION pg_temp.digest(key text) RETURNS bytea LANGUAGE sql AS $$ SELECT sha256(convert_to(key, 'UTF8')) $$;
SELECT is(find_api_key(pg_temp.digest('one')), NULL, 'an unknown key has no scopes');
SELECT is(find_api_key(NULL), NULL, 'nor has none');
SELECT isnt(add_api_key('reports', '{read}', pg_temp.digest('one')), add_api_key('operator', '{read,run,admin}', pg_temp.digest('two')), 'keys can be added');
SELECT is(find_api_key(pg_temp.digest('one')), '{read}', 'a key is found by its digest');
SELECT is(find_api_key(pg_temp.digest('two')), '{read,run,admin}', 'with its scopes');
SELECT is((SELECT last_used_at FROM api_key WHERE name = 'reports'), now(), 'its use is noted');
UPDATE api_key SET last_used_at = now() - interval '59 s' WHERE name = 'reports';
SELECT find_api_key(pg_temp.digest('one')) \g /dev/null
SELECT is((SELECT last_used_at FROM api_key WHERE name = 'reports'), now() - interval '59 s', 'once a minute');
UPDATE api_key SET last_used_at = now() - interval '61 s' WHERE name = 'reports';
SELECT find_api_key(pg_temp.digest('one')) \g /dev/null
SELECT is((SELECT last_used_at FROM api_key WHERE name = 'reports'), now(), 'again after that');
SELECT lives_ok($$ SELECT revoke_api_key(key_id) FROM api_key WHERE name = 'reports' $$, 'a key can be revoked');
SELECT is(find_api_key(pg_temp.digest('one')), NULL, 'and is worth nothing from then on');
SELECT lives_ok($$ SELECT revoke_api_key(key_id) FROM api_key WHERE name = 'reports' $$, 'revoking it again is no error');
SELECT isnt(add_api_key('reports', '{read}', pg_temp.digest('three')), NULL, 'its name can be given to another');
SELECT is(pg_temp.failure(statement), expected, statement)
FROM (VALUES
    ($$ SELECT add_api_key(NULL, '{read}', pg_temp.digest('x')) $$, '22004: name must not be null or empty; Name the key after whoever uses it.'),
    ($$ SELECT add_api_key('x', '{}', pg_temp.digest('x')) $$, '22023: scopes must be some of read, run and admin; read: reports; run: analyses and jobs; admin: everything.'),
    ($$ SELECT add_api_key('x', '{write}', pg_temp.digest('x')) $$, '22023: scopes must be some of read, run and admin; read: reports; run: analyses and jobs; admin: everything.'),
    ($$ SELECT add_api_key('x', '{read}', 'secret') $$, '22023: key_hash must be 32 bytes long; Give the SHA-256 of the key.'),
    ($$ SELECT add_api_key('x', '{read}', NULL) $$, '22004: key_hash must be 32 bytes long; Give the SHA-256 of the key.'),
    ($$ SELECT add_api_key('operator', '{read}', pg_temp.digest('x')) $$, '42710: API key "operator" already exists; Choose another name, or revoke it first.'),
    ($$ SELECT revoke_api_key(-1) $$, '42704: API key -1 does not exist; SELECT key_id, name FROM api_key lists them.'),
    ($$ SELECT revoke_api_key(NULL) $$, '42704: API key NULL does not exist; SELECT key_id, name FROM api_key lists them.')
) AS t (statement, expected);

SELECT * FROM finish();
ROLLBACK;
