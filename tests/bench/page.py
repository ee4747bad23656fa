#!/usr/bin/python3
"""Measures how long the page takes in a headless Chromium, from the request to the drawn chart and to the last section,
with many projects and with none, for all projects and for those of an account.

Needs a server that may be used freely, as PGHOST, PGPORT and PGUSER name it, and the Debian packages chromium,
chromium-driver and python3-selenium. Browser, poller and database share this machine.
"""

import argparse
import statistics
import sys

import http_load
from harness import HERE, Figure, Results, create_database, drop_database, print_table, run_file

sys.path.insert(0, str(HERE.parent / "e2e"))
from browser import Browser  # noqa: E402

BAR_MS = 1000
VIEWS = {"page": "", "page of an account": "#/?account=Account%2077"}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--projects", type=int, default=200_000, metavar="N", help="default: %(default)s")
    parser.add_argument("--repetitions", type=int, default=7, metavar="N", help="default: %(default)s")
    return parser.parse_args()


def database(name, projects):
    """Projects with the snapshots of a month ago and of today, between which some moved, and invoices."""
    connection = create_database(name)
    if projects:
        run_file(connection, "projects.sql", projects=projects, in_window=0.7)
        connection.execute("VACUUM ANALYZE")
        connection.execute("SELECT create_pipeline_forecast_snapshot((pipeline_today() - interval '1 month')::date, true)")
        for change, every in (("new_enquiry_value = new_enquiry_value * 1.1", 10), ("expected_start_date = expected_start_date + 40", 17),
                              ("pipeline_stage = 'Lost'", 29), ("pipeline_stage = 'Won - Open (Order Received)'", 31)):
            connection.execute(f"UPDATE projects SET {change} WHERE monday_id::bigint % {every} = 3")
        connection.execute(
            "INSERT INTO subitems (monday_id, item_name, parent_monday_id, invoice_date, amount_invoiced) "
            "SELECT 'S' || monday_id, 'Invoice', monday_id, pipeline_today() - (monday_id::bigint % 700)::integer, 1000 FROM projects WHERE monday_id::bigint % 4 = 0")
    connection.execute("SELECT create_pipeline_forecast_snapshot()")
    connection.execute("CALL refresh_pipeline_views(false)")
    connection.execute("VACUUM ANALYZE")
    connection.close()


def load_times(browser, url):
    """Milliseconds from the request to the drawn chart, and to the last section."""
    browser.driver.get("about:blank")
    browser.driver.get(url)
    return browser.driver.execute_async_script("""
        const done = arguments[0];
        let chart = null;
        (function look() {
            if (chart === null && document.querySelector('.chart svg')) chart = performance.now();
            if (chart !== null && !document.querySelector('[aria-busy=true]')) done([chart, performance.now()]);
            else requestAnimationFrame(look);
        })()""")


def main():
    chosen = arguments()
    results = Results()
    browser = Browser()
    pollers = {}
    try:
        for kind, projects in (("empty", 0), ("full", chosen.projects)):
            http_load.DATABASE = f"pipeline_bench_page_{kind}"
            database(http_load.DATABASE, projects)
            pollers[kind] = http_load.start_poller()
        for view, fragment in VIEWS.items():
            times = {"empty": [], "full": []}
            for repetition in range(chosen.repetitions + 1):
                for kind, poller in pollers.items():
                    measured = load_times(browser, f"http://127.0.0.1:{poller.port}/{fragment}")
                    if repetition > 0:
                        times[kind].append(measured)
            for index, what in enumerate(("the chart is drawn", "all sections are there")):
                ours, reference = ([pair[index] for pair in times[kind]] for kind in ("full", "empty"))
                results.add(Figure(f"{view} until {what}", chosen.projects, statistics.median(reference), statistics.median(ours),
                                   statistics.median(ours), BAR_MS, unit="ms", spread=f"{min(ours):.0f}..{max(ours):.0f}"))
    finally:
        browser.close()
        for poller in pollers.values():
            poller.stop()
        for kind in pollers:
            drop_database(f"pipeline_bench_page_{kind}")
    print()
    print_table(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
