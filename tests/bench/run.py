#!/usr/bin/python3
"""Measures how fast the forecast is, each figure against plain SQL in the same run.

Needs a server that may be used freely: it makes and drops databases named pipeline_bench_* and switches autovacuum
off while it runs. The server is the one that PGHOST, PGPORT and PGUSER name; a superuser is needed.
"""

import argparse
import pathlib
import sys
import traceback

import database
import figures
from harness import Figure, Results, show, without_autovacuum

# name: (kind of database, figure); the order matters where a figure leaves something behind for a later one.
FIGURES = {
    "view": ("mixed", figures.full_read),
    "project": ("mixed", figures.one_project),
    "monthly": ("mixed", figures.monthly_refresh),
    "totals": ("mixed", figures.totals),
    "history": ("mixed", figures.history_triggers),
    "as_of": ("mixed", figures.as_of_past_day),
    "floor": ("window", figures.snapshot_floor),
    "snapshot": ("window", figures.snapshot_again),
    "retention": ("window", figures.retention),
}
GROWING = ("snapshot of a new day / storing its rows", "snapshot of a day again / plain SQL",
           "monthly refresh / plain SQL", "project view, all / plain SQL")


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Figures: " + ", ".join(FIGURES) + ".\nA ratio is the median time of the extension divided by the median "
               "time of its\nreference, below 1 meaning faster; 'ok' and 'over' compare it with the bar the project has "
               "set itself. A bar\nthat is missed is reported and does not fail the run.")
    parser.add_argument("--sizes", default="50000,200000,1000000", metavar="N,N,...",
                        help="numbers of projects to measure with (default: %(default)s; 50000 alone takes two "
                             "minutes, all three a quarter of an hour)")
    parser.add_argument("--only", metavar="NAME,...", help="measure these figures only (see below)")
    parser.add_argument("--csv", default="build/bench.csv", type=pathlib.Path, metavar="PATH",
                        help="where the results are saved (default: %(default)s)")
    parser.add_argument("--repetitions", type=int, metavar="N",
                        help="repetitions of each figure (default: 5, and 3 from a million projects on)")
    parser.add_argument("--keep", action="store_true", help="leave the databases for a closer look")
    chosen = parser.parse_args()
    try:
        chosen.sizes = sorted(int(size) for size in chosen.sizes.split(","))
    except ValueError:
        parser.error("--sizes takes whole numbers separated by commas")
    if chosen.sizes[0] < 1000:
        parser.error("--sizes below 1000 measure nothing but overhead")
    if chosen.repetitions is not None and chosen.repetitions < 1:
        parser.error("--repetitions must be at least 1")
    chosen.only = chosen.only.split(",") if chosen.only else list(FIGURES)
    unknown = set(chosen.only) - set(FIGURES)
    if unknown:
        parser.error(f"unknown figure {', '.join(sorted(unknown))}; there are {', '.join(FIGURES)}")
    return chosen


def measure(results, size, kind, chosen):
    """All chosen figures of one database. Returns whether every one could be measured."""
    wanted = [(name, run) for name, (its_kind, run) in FIGURES.items() if its_kind == kind and name in chosen.only]
    if not wanted:
        return True
    print(f"{size:,} projects, {database.SHARE_IN_WINDOW[kind]:.0%} of them in the 12 months ahead", flush=True)
    complete = True
    connection = None
    try:
        connection = database.create(size, kind)
        for name, run in wanted:
            try:
                run(results, connection, size, chosen.repetitions or (3 if size >= 1_000_000 else 5))
            except Exception:
                complete = False
                connection.execute("ROLLBACK")
                print(f"bench: could not measure {name}", file=sys.stderr)
                traceback.print_exc()
    finally:
        if connection is not None:
            connection.close()
        if not chosen.keep:
            database.drop(size, kind)
    return complete


def add_growth(results, sizes):
    """Time at the largest size by time at the smallest one, per project: 1 is linear."""
    smallest, largest = sizes[0], sizes[-1]
    for name in GROWING:
        small, large = results.find(name, smallest), results.find(name, largest)
        if smallest == largest or small is None or large is None:
            continue
        scale = largest / smallest
        results.add(Figure(f"growth from {smallest:,}: {name.split(' / ')[0]}", largest, None, None,
                           large.ours_ms / small.ours_ms / scale, 1))


def main():
    chosen = arguments()
    results = Results()
    complete = True
    with without_autovacuum():
        for size in chosen.sizes:
            for kind in database.SHARE_IN_WINDOW:
                complete = measure(results, size, kind, chosen) and complete
    add_growth(results, chosen.sizes)
    show(results, chosen.csv)
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main())
