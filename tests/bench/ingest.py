#!/usr/bin/python3
"""Measures how fast items of boards are taken in, against plain SQL in the same run.

The reference takes the same values out of the same pages with the operators of jsonb and upserts them into tables with the
same columns and indexes: nothing is checked, linked, derived or kept as history. Needs the same server as run.py.
"""

import argparse
import pathlib
import statistics
import sys

from psycopg.types.json import Jsonb

from harness import (Figure, Results, Side, compare, create_database, drop_database, milliseconds, run_file, show,
                     value_of, without_autovacuum)

FIRST, AGAIN = "first sync of three boards / plain upsert", "the same again, nothing changed / plain upsert"
TABLES = ("hidden_items", "subitems", "projects")
EDITS = 101


def name_of(size):
    return f"pipeline_bench_ingest_{size}"


def create(size):
    connection = create_database(name_of(size))
    run_file(connection, "ingest.sql", projects=size)
    connection.execute("VACUUM ANALYZE bench.page")
    return connection


def pages(connection, call):
    """Every page in a transaction of its own, hidden items first."""
    for board in ("3", "2", "1"):
        count = value_of(connection, "SELECT count(*) FROM bench.page WHERE board = %s", [board])
        for number in range(count):
            connection.execute(f"SELECT {call}(board, items) FROM bench.page WHERE board = %s AND number = %s", [board, number])


def forget(connection, schema):
    connection.execute("SET session_replication_role = replica")
    for table in TABLES:
        connection.execute(f"DELETE FROM {schema}.{table}")
        connection.execute(f"VACUUM ANALYZE {schema}.{table}")
    connection.execute("RESET session_replication_role")
    if schema == "public":
        connection.execute("TRUNCATE project_history, sync_log CASCADE")
        connection.execute("DELETE FROM job_queue")


def full_sync(results, connection, size, repetitions):
    ours, reference = lambda: pages(connection, "ingest_monday_items"), lambda: pages(connection, "plain.store")
    compare(results, connection, FIRST, size, Side(reference, lambda: forget(connection, "plain")),
            Side(ours, lambda: forget(connection, "public")), repetitions, bar=3)
    items = sum(value_of(connection, f"SELECT count(*) FROM {table}") for table in TABLES)
    figure = results.find(FIRST, size)
    print(f"  that is {items / figure.ours_ms * 60_000:,.0f} items a minute", flush=True)
    written = "SELECT sum(xmin::text::bigint) FROM (SELECT xmin FROM projects UNION ALL SELECT xmin FROM subitems UNION ALL SELECT xmin FROM hidden_items) r"
    stored = value_of(connection, written)
    compare(results, connection, AGAIN, size, Side(reference), Side(ours), repetitions, bar=1.5)
    if value_of(connection, written) != stored:
        raise RuntimeError("a sync with nothing changed wrote rows")


def derive_all(results, connection, size, repetitions):
    """All links and sums anew, with nothing changed, against one plain roll-up of the subitems."""
    compare(results, connection, "deriving everything anew / plain roll-up", size,
            Side(lambda: connection.execute("""
                SELECT s.parent_monday_id, sum(h.quote_amount), sum(h.cust_order_value_material), min(h.invoice_date)
                FROM subitems s JOIN hidden_items h ON h.name_key = s.name_key GROUP BY 1""").fetchall()),
            Side(lambda: connection.execute("SELECT derive_pipeline_values()")), repetitions, bar=None)


def one_edit(results, connection, size):
    """One hidden item changes: its subitem, its project, history and the job; median over many."""
    times = []
    for number in range(2 * EDITS):
        item = value_of(connection, """
            SELECT jsonb_build_array(jsonb_set(jsonb_set(i, '{updated_at}', '"2025-07-01T10:00:00Z"'), '{column_values, 0, text}', to_jsonb(%s::text)))
            FROM bench.page p, jsonb_array_elements(p.items) i WHERE p.board = '3' AND p.number = 0 OFFSET %s LIMIT 1""", [str(number), number])
        elapsed = milliseconds(lambda: connection.execute("SELECT ingest_monday_items('3', %s)", [Jsonb(item)]))
        if number >= EDITS:
            times.append(elapsed)
    median = statistics.median(times)
    results.add(Figure("one hidden item changed", size, None, median, median, 50, unit="ms", spread=f"{min(times):.2f}..{max(times):.2f}"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="14000,50000", metavar="N,N,...", help="numbers of projects (default: %(default)s)")
    parser.add_argument("--repetitions", type=int, default=3, metavar="N")
    parser.add_argument("--csv", default="build/bench-ingest.csv", type=pathlib.Path, metavar="PATH")
    chosen = parser.parse_args()
    results = Results()
    with without_autovacuum():
        for size in sorted(int(size) for size in chosen.sizes.split(",")):
            print(f"{size:,} projects", flush=True)
            connection = create(size)
            full_sync(results, connection, size, chosen.repetitions)
            derive_all(results, connection, size, chosen.repetitions)
            one_edit(results, connection, size)
            connection.close()
            drop_database(name_of(size))
    show(results, chosen.csv)


if __name__ == "__main__":
    sys.exit(main())
