"""Rows in every table there is, and what they are: for tests of what must survive."""

import contextlib

import psycopg
from psycopg import sql

from cluster import fill

# Left empty by fill(). Straight into the tables where a function would need another server.
STATEMENTS = """
SELECT import_monday_boards('{"boards": [
    {"board_id": "11", "role": "parent", "name": "Projects", "columns": [
        {"column_id": "status", "field": "pipeline_stage", "kind": "status", "title": "Stage"}]},
    {"board_id": "12", "role": "subitem", "name": "Quotes", "parent_board_id": "11", "columns": []},
    {"board_id": "13", "role": "hidden", "name": "Hidden", "parent_board_id": "11", "columns": []}]}');
INSERT INTO hidden_items (monday_id, board_id, item_name) VALUES ('H1', '13', 'Quote 1');
INSERT INTO subitems (monday_id, board_id, item_name, parent_monday_id) VALUES ('S1', '12', 'Quote 1', 'P1');
UPDATE projects SET account = 'Account 999' WHERE monday_id = 'P1';
UPDATE pipeline_stage SET default_probability = 0.25 WHERE stage = 'Check with IS';
INSERT INTO sync_log (sync_type, board_id, api_calls) VALUES ('reconcile', '11', 7);
INSERT INTO sync_reject (run_id, field, reason) SELECT max(id), 'amount', 'not a number' FROM sync_log;
INSERT INTO monday_scan (run_id, board_id, item_id) SELECT max(id), '11', 'P1' FROM sync_log;
INSERT INTO monday_scan_page (run_id, board_id, items) SELECT max(id), '11', 'P1' FROM sync_log;
INSERT INTO monday_log (board_id, log_id, at, event, item_ids, data) VALUES ('11', 'e1', now(), 'create_pulse', '{P1}', '{"pulse_id": 1}');
INSERT INTO monday_log_reach (board_id, reaches_from, reaches_to) VALUES ('11', now(), now());
INSERT INTO monday_person (person_id, person_name) VALUES ('7', 'Seller 7');
INSERT INTO monday_past (run_id, role, board_id, item_id, valid_from, item_name, name_key, state, relation_ids, direct_fields, field_values, begins_at, is_whole)
SELECT max(id), 'parent', '11', 'P1', now(), 'P1', 'p1', 'active', '{}', '{}', '{}', now(), true FROM sync_log;
INSERT INTO import_origin (source, monday_id) VALUES ('CRM', 'P1');
INSERT INTO board_turn (board_id, token, holder, until) VALUES ('11', 4, 'berlin/1', now());
INSERT INTO push_state (project_id, pushed_at) VALUES ('P1', now());
INSERT INTO monday_webhook (webhook_id, board_id, event, url_hash) VALUES ('1', '11', 'create_item', sha256('x'));
INSERT INTO webhook_events (event_key, board_id, item_id, event_type) VALUES ('e1', '11', 'P1', 'create_item');
INSERT INTO webhook_refusal (hour, reason, requests, last_at) VALUES ('2026-03-04 05:00Z', 'signature', 9, now());
INSERT INTO webhook_event_job (project_id, job_id, event_id) SELECT 'P1', 1, max(id) FROM webhook_events;
INSERT INTO job_queue (job_type, project_id, status, finished_at, lease_until, lease_token)
VALUES ('rehydrate_and_analyze', 'P1', 'queued', NULL, NULL, NULL),
       ('rehydrate_and_analyze', 'P2', 'running', NULL, now() + interval '1 hour', 1),
       ('rehydrate_and_analyze', 'P3', 'completed', now(), NULL, NULL);
INSERT INTO llm_call (provider, model, outcome) VALUES ('gemini', 'm', 'ok');
INSERT INTO llm_price (model, input_per_million, output_per_million) VALUES ('m', 1, 2) ON CONFLICT DO NOTHING;
INSERT INTO pipeline_job (job_name, schedule, command) VALUES ('cleanup', '40 3 * * *', 'SELECT 1');
SELECT configure_pipeline('fiscal_year_start_month', '4');
INSERT INTO snapshot_cleanup (first_kept, removed_days, removed_rows, cleaned_by) VALUES ('2020-01-01', 1, 1, 'me');
SELECT add_api_key('reports', '{read}', sha256('key'));
INSERT INTO outlook_run (
    as_of, source, state, step_days, version_count, open_count, won_count, lost_count, landmark_rows, exposure_cells,
    month_won_count, month_won_value, level_won, level_lost, redundancy, shock_prior, value_ratio, value_cv2, settings,
    input_hash, duration_ms)
VALUES ('2020-01-01', 'replay', 'prior', 28, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0.04, 1, 0.09, '{}', 'hash', 1);
INSERT INTO outlook_factor (run_id, factor_name, group_number, cause, group_name, factor)
SELECT run_id, 'owner', 0, 'won', '(none)', 1 FROM outlook_run;
INSERT INTO outlook_project SELECT run_id, 'P1', 0.3, 0.1, 0.7, 1000, '{0.2}', '{0}', '{0}' FROM outlook_run;
INSERT INTO outlook_new_month SELECT run_id, '', '2020-01-01', 1, 1, 1, 1, -1, 1, 1, 1, -1, 0 FROM outlook_run;
INSERT INTO outlook_month (
    run_id, month, span, part, horizon, expected_value, p10, p50, p90, k1, k2, k3, l0, neg, before_blend, shock,
    past_months, theta, c)
SELECT run_id, '2020-01-01', 'month', 'total', 0, 1, 0, 1, 2, 1, 1, 1, -1, 0, 1, 0.04, 0, 1, 1 FROM outlook_run;
INSERT INTO outlook_record SELECT run_id, '2020-01-01', 'month', 0, 1, 1, 1, 1, 0, 2, 1, true, '2020-02-01' FROM outlook_run;
SELECT create_pipeline_forecast_snapshot();
CALL refresh_pipeline_views();
"""


def tables(connection):
    """All tables, partitions among them, by the catalog: a new one cannot be forgotten."""
    rows = connection.execute(
        "SELECT c.oid::regclass::text AS name FROM pg_class c "
        "WHERE c.relnamespace IN ('pipeline'::regnamespace, 'pipeline_data'::regnamespace) AND c.relkind IN ('r', 'p') "
        "ORDER BY 1"
    ).fetchall()
    return [row["name"] for row in rows]


def rows(connection, table):
    query = sql.SQL("SELECT to_jsonb(t) AS row FROM {} t").format(sql.SQL(table))
    return [row["row"] for row in connection.execute(query).fetchall()]


def fill_every_table(connection, role):
    """The role gets the rights of a reader, which is a row as well."""
    fill(connection)
    connection.execute("SELECT grant_forecast_reader(%s)", [role])
    for statement in STATEMENTS.strip().split(";\n"):
        # A former version has not everything that today's has.
        with contextlib.suppress(psycopg.errors.UndefinedTable, psycopg.errors.UndefinedFunction):
            connection.execute(statement)
    empty = [table for table in tables(connection) if not rows(connection, table)]
    assert empty == [], "STATEMENTS of every_table.py fill every table"
