"""What every figure needs: a connection, alternating measurement, and the table of results."""

import csv
import pathlib
import statistics
import time
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

HERE = pathlib.Path(__file__).parent


def connect(database):
    """Commits each statement by itself; prepares nothing, so that planning counts as it does for a report."""
    connection = psycopg.connect(dbname=database, autocommit=True)
    connection.prepare_threshold = None
    connection.execute("SET client_min_messages = warning")
    return connection


def drop_database(name):
    with connect("postgres") as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def create_database(name):
    """A new one with the extension and its tables, instead of any that is there; gives a connection to it."""
    drop_database(name)
    with connect("postgres") as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    connection = connect(name)
    connection.execute("CREATE EXTENSION pipeline_forecast")
    connection.execute("SELECT pipeline_setup()")
    return connection


@contextmanager
def without_autovacuum():
    """It would come at moments of its own choice."""
    with connect("postgres") as server:
        server.execute("ALTER SYSTEM SET autovacuum = off")
        server.execute("SELECT pg_reload_conf()")
        try:
            yield
        finally:
            server.execute("ALTER SYSTEM RESET autovacuum")
            server.execute("SELECT pg_reload_conf()")


def run_file(connection, name, **settings):
    """Runs a file of statements that reads its parameters from settings bench.<name>."""
    for setting, value in settings.items():
        connection.execute("SELECT set_config(%s, %s, false)", (f"bench.{setting}", str(value)))
    connection.execute((HERE / name).read_text())


def value_of(connection, query, parameters=None):
    return connection.execute(query, parameters).fetchone()[0]


def read_in_server(connection, query):
    """Computes every column of every row and throws the rows away, so that no network is measured."""
    connection.execute(sql.SQL("EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF) ") + sql.SQL(query))


def milliseconds(action):
    started = time.perf_counter()
    action()
    return (time.perf_counter() - started) * 1000


def nothing():
    pass


@dataclass
class Side:
    """One of the two things that are compared; prepare runs before each repetition and is not measured."""

    action: callable
    prepare: callable = nothing


@dataclass
class Figure:
    name: str
    size: int
    reference_ms: float | None
    ours_ms: float | None
    value: float
    bar: float | None
    unit: str = "ratio"
    spread: str = ""

    @property
    def verdict(self):
        if self.bar is None:
            return "-"
        return "ok" if self.value <= self.bar else "over"


@dataclass
class Results:
    figures: list[Figure] = field(default_factory=list)

    def add(self, figure):
        self.figures.append(figure)
        print(f"  {figure.name}, {figure.size:,}: {shown(figure)} ({figure.verdict})", flush=True)

    def find(self, name, size):
        return next((f for f in self.figures if f.name == name and f.size == size), None)


def alternate(connection, reference, ours, repetitions, warm_ups):
    """The times of both sides. The first ones warm up; they take turns, so that a slow minute meets both.

    A checkpoint before each repetition gives both sides the same start: the first touch of a page is logged whole.
    """
    times = ([], [])
    for repetition in range(warm_ups + repetitions):
        for side, collected in zip((reference, ours), times):
            side.prepare()
            connection.execute("CHECKPOINT")
            elapsed = milliseconds(side.action)
            if repetition >= warm_ups:
                collected.append(elapsed)
    return times


def compare(results, connection, name, size, reference, ours, repetitions, bar, warm_ups=1):
    """Adds the figure 'median of ours / median of the reference'."""
    reference_times, our_times = alternate(connection, reference, ours, repetitions, warm_ups)
    reference_ms, our_ms = statistics.median(reference_times), statistics.median(our_times)
    spread = f"{min(our_times):.1f}..{max(our_times):.1f}"
    results.add(Figure(name, size, reference_ms, our_ms, our_ms / reference_ms, bar, spread=spread))


def shown(figure):
    return f"{figure.value:.2f} {sign_of(figure)}"


def sign_of(figure):
    return "x" if figure.unit == "ratio" else figure.unit


COLUMNS = ("figure", "projects", "reference ms", "ours ms", "ours min..max", "result", "bar", "")


def table_rows(results):
    for f in results.figures:
        bar = "-" if f.bar is None else f"{f.bar:g} {sign_of(f)}"
        yield (
            f.name,
            f"{f.size:,}",
            "-" if f.reference_ms is None else f"{f.reference_ms:,.1f}",
            "-" if f.ours_ms is None else f"{f.ours_ms:,.1f}",
            f.spread or "-",
            shown(f),
            bar,
            f.verdict,
        )


def print_table(results):
    rows = [COLUMNS, *table_rows(results)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    for number, row in enumerate(rows):
        cells = [row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        print("  ".join(cells).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths).rstrip())


def save_csv(results, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("figure", "projects", "reference_ms", "ours_ms", "value", "unit", "bar", "verdict"))
        for f in results.figures:
            writer.writerow((f.name, f.size, rounded(f.reference_ms), rounded(f.ours_ms), rounded(f.value), f.unit,
                             "" if f.bar is None else f.bar, f.verdict))


def rounded(number):
    return "" if number is None else round(number, 3)


def show(results, csv_path):
    """The table at the end of a suite, also as a file."""
    print()
    print_table(results)
    save_csv(results, csv_path)
    print(f"\nsaved as {csv_path}")
