#!/usr/bin/python3
"""Measures the analysis of projects, where there is a reference against plain SQL in the same run.

The reference is a plain refresh of conversion_metrics, which reads the same projects and aggregates them once.
Needs the same server as run.py.
"""

import argparse
import pathlib
import re
import statistics
import sys
import threading

from harness import (Figure, Results, Side, compare, connect, create_database, drop_database, milliseconds,
                     run_file, show, value_of, without_autovacuum)

REFRESH = "REFRESH MATERIALIZED VIEW conversion_metrics"
ANALYZE = "SELECT analyze_projects()"
FIRST, AGAIN = "first analysis of all / plain refresh", "analysis with nothing changed / first"
LOOKUPS = 41
MEMORY_MIB = 512


def name_of(size):
    return f"pipeline_bench_analysis_{size}"


def create(size):
    """Projects in segments of every width, none of them analysed."""
    connection = create_database(name_of(size))
    run_file(connection, "projects.sql", projects=size, in_window=0.45)
    run_file(connection, "analysis.sql")
    connection.execute("VACUUM FULL projects")
    connection.execute("VACUUM (ANALYZE)")
    return connection


def forget(connection):
    """Nothing is analysed, and nothing ever was."""
    connection.execute("ALTER TABLE analysis_results DISABLE TRIGGER USER")
    connection.execute("TRUNCATE analysis_results, analysis_history")
    connection.execute("ALTER TABLE analysis_results ENABLE TRIGGER USER")


def analyze_all(connection, expected):
    written = value_of(connection, ANALYZE)
    if written != expected:
        raise RuntimeError(f"{written} rows written instead of {expected}")


def whole_pipeline(results, connection, size, repetitions):
    # It takes several passes until this session has met all of the server's buffers.
    compare(results, connection, FIRST, size, Side(lambda: connection.execute(REFRESH)),
            Side(lambda: analyze_all(connection, size), lambda: forget(connection)), repetitions, bar=8, warm_ups=3)
    # Each repetition of the reference stores everything anew, so that ours finds all of it.
    compare(results, connection, AGAIN, size,
            Side(lambda: analyze_all(connection, size), lambda: forget(connection)),
            Side(lambda: analyze_all(connection, 0), lambda: connection.execute("VACUUM ANALYZE analysis_results")),
            repetitions, bar=0.6)
    versions = "SELECT sum(xmin::text::bigint) FROM analysis_results"
    stored = value_of(connection, versions)
    analyze_all(connection, 0)
    if value_of(connection, versions) != stored:
        raise RuntimeError("an analysis with nothing changed wrote rows")


def one_project(results, connection, size):
    """One project whose analysis is not stored, by the tier that it ends up in; median over many projects.

    The reference finds the same statistics in plain SQL and stores them.
    """
    run_file(connection, "one_project.sql")
    connection.execute("VACUUM ANALYZE projects, analysis_results")
    for tier in range(1, 6):
        ids = [row[0] for row in connection.execute(
            """SELECT project_id FROM analysis_results WHERE (reasoning->'metrics_used'->>'tier')::integer = %s
               ORDER BY md5(project_id) LIMIT %s""", (tier, LOOKUPS if tier <= 3 else LOOKUPS // 4))]
        if not ids:
            continue
        plain_times, our_times = [], []
        # The first pass warms up.
        for collected in (([], []), (plain_times, our_times)):
            for project in ids:
                connection.execute("DELETE FROM plain.analysis")
                connection.execute("DELETE FROM analysis_results WHERE project_id = %s", (project,))
                collected[0].append(milliseconds(
                    lambda: connection.execute("SELECT plain.analyze_project(%s)", (project,))))
                collected[1].append(milliseconds(
                    lambda: connection.execute("SELECT analyze_project(%s)", (project,))))
                require_equal_analysis(connection, project)
        plain_ms, our_ms = statistics.median(plain_times), statistics.median(our_times)
        results.add(Figure(f"one project, tier {tier} / plain SQL", size, plain_ms, our_ms, our_ms / plain_ms, None))
        results.add(Figure(f"one project, tier {tier}", size, None, our_ms, our_ms, 50, unit="ms",
                           spread=f"{min(our_times):.2f}..{max(our_times):.2f}"))
    connection.execute("DROP SCHEMA plain CASCADE")
    connection.execute("DROP INDEX plain_segment_idx")


def require_equal_analysis(connection, project):
    """Error unless both found the same; roundings of the last decimal apart."""
    deviation = connection.execute(
        """SELECT p.tier, o.reasoning->'metrics_used'->'tier', p.segment_n, o.reasoning->'metrics_used'->'segment_n',
                  abs(p.rate - o.expected_conversion_rate), abs(p.gestation_days - o.expected_gestation_days)
           FROM plain.analysis p JOIN analysis_results o USING (project_id) WHERE project_id = %s""",
        (project,)).fetchone()
    tier, our_tier, rows, our_rows, rate, days = deviation
    if tier != our_tier or rows != our_rows or rate > 0.00001 or (days or 0) > 1:
        raise RuntimeError(f"project {project}: plain SQL and the analysis differ: {deviation}")


def private_mib(process):
    """Memory of the process alone; resident memory would count the shared buffers that it has touched."""
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"^RssAnon:\s+(\d+) kB", status, re.MULTILINE).group(1)) / 1024


def peak_memory(results, connection, size):
    forget(connection)
    with connect(name_of(size)) as fresh:
        process = value_of(fresh, "SELECT pg_backend_pid()")
        idle = peak = private_mib(process)
        finished = threading.Event()

        def watch():
            nonlocal peak
            while not finished.wait(0.01):
                peak = max(peak, private_mib(process))

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            analyze_all(fresh, size)
        finally:
            finished.set()
            watcher.join()
    results.add(Figure(f"memory above idle ({peak - idle:.0f} MiB) / {MEMORY_MIB} MiB", size, None, None,
                       (peak - idle) / MEMORY_MIB, 1))


def add_growth(results, sizes):
    """Time at the largest size by time at the smallest one, per project: 1 is linear."""
    smallest, largest = results.find(FIRST, sizes[0]), results.find(FIRST, sizes[-1])
    if len(sizes) > 1 and smallest is not None and largest is not None:
        results.add(Figure(f"growth from {sizes[0]:,}: first analysis of all", sizes[-1], None, None,
                           largest.ours_ms / smallest.ours_ms / (sizes[-1] / sizes[0]), 1.25))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="50000,200000,1000000", metavar="N,N,...")
    parser.add_argument("--repetitions", type=int, default=5, metavar="N")
    parser.add_argument("--csv", default="build/bench-analysis.csv", type=pathlib.Path, metavar="PATH")
    chosen = parser.parse_args()
    sizes = sorted(int(size) for size in chosen.sizes.split(","))
    results = Results()
    with without_autovacuum():
        for size in sizes:
            print(f"{size:,} projects", flush=True)
            connection = create(size)
            repetitions = min(chosen.repetitions, 3) if size >= 1_000_000 else chosen.repetitions
            whole_pipeline(results, connection, size, repetitions)
            one_project(results, connection, size)
            peak_memory(results, connection, size)
            connection.close()
            drop_database(name_of(size))
    add_growth(results, sizes)
    show(results, chosen.csv)


if __name__ == "__main__":
    sys.exit(main())
