#!/usr/bin/python3
"""Measures the way from boards to database and back against a simulated monday.com account: reading everything (calls, time,
memory), and how soon an edit on a board is answered by new numbers on its item.

The account, the poller and the database share this machine; how long the account alone took to answer is told beside.
Needs the same server as run.py, and the poller.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

from harness import HERE, create_database, drop_database, value_of
from http_load import POLLER, SECRET, Program, verdict

sys.path.insert(0, str(HERE.parent))
from simulators.process import Simulator  # noqa: E402

DATABASE = "pipeline_bench_sync"
MOST_CALLS, MOST_SECONDS, MOST_MIB, MOST_LATENCY_MS = 500, 180, 150, 2000


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--projects", type=int, default=14_000, metavar="N",
                        help="with about 2.4 subitems and as many hidden items each (default: %(default)s)")
    parser.add_argument("--edits", type=int, default=60, metavar="N", help="single edits to follow (default: %(default)s)")
    parser.add_argument("--latency-ms", type=float, default=50, metavar="MS", help="of the account, for edits (default: %(default)s)")
    return parser.parse_args()


class Side:
    """The database and the poller's settings for the account."""

    def __init__(self, simulator):
        self.simulator = simulator
        self.connection = create_database(DATABASE)
        self.connection.execute("SELECT import_monday_boards(%s)", [json.dumps(simulator.control("GET", "/board-file"))])
        self.settings = {"DATABASE_URL": f"dbname={DATABASE}", "MONDAY_API_URL": simulator.url,
                         "MONDAY_API_KEY": simulator.place["token"]}

    def command(self, *arguments, **settings):
        """Runs it to its end; (seconds, most resident MiB)."""
        started = time.perf_counter()
        process = subprocess.Popen([POLLER, *arguments], env=os.environ | self.settings | settings, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise RuntimeError(f"{arguments} ended with {process.returncode}")
        return time.perf_counter() - started, usage.ru_maxrss / 1024

    def value(self, query, parameters=None):
        return value_of(self.connection, query, parameters)

    def wait_for_jobs(self, seconds):
        deadline = time.monotonic() + seconds
        while self.value("SELECT count(*) FROM job_queue WHERE status IN ('queued', 'running') AND run_at <= now() + interval '20 s'"):
            if time.monotonic() > deadline:
                raise RuntimeError(f"jobs are still open after {seconds} s")
            time.sleep(0.02)


def read_everything(side):
    side.simulator.control("DELETE", "/audit")
    seconds, mib = side.command("rehydrate", "full")
    calls = side.simulator.control("GET", "/audit?calls=1")["call_list"]
    answering = sum(call["seconds"] or 0 for call in calls)
    sizes = [side.value(f"SELECT count(*) FROM {table}") for table in ("projects", "subitems", "hidden_items")]
    print(f"full read of {sizes[0]:,} projects, {sizes[1]:,} subitems, {sizes[2]:,} hidden items: "
          f"{len(calls)} calls{verdict(len(calls) <= MOST_CALLS, MOST_CALLS)}; "
          f"{seconds:.1f} s{verdict(seconds <= MOST_SECONDS, f'{MOST_SECONDS} s')}, the account took {answering:.1f} s of it to answer; "
          f"{mib:.0f} MiB resident at most{verdict(mib <= MOST_MIB, f'{MOST_MIB} MiB')}", flush=True)
    side.simulator.control("DELETE", "/audit")
    seconds, mib = side.command("rehydrate", "reconcile")
    calls = side.simulator.control("GET", "/audit")["calls"]
    print(f"comparison that finds nothing: {calls} calls, {seconds:.1f} s, {mib:.0f} MiB resident at most", flush=True)


def follow_edits(side, chosen):
    """One hidden item of a project each; from the edit until the last of what follows from it is on the project's item."""
    control = side.simulator.control
    found = side.connection.execute(
        """
        SELECT DISTINCT ON (s.parent_monday_id) s.parent_monday_id, h.monday_id
        FROM subitems s JOIN hidden_items h ON h.monday_id = s.hidden_item_id JOIN projects p ON p.monday_id = s.parent_monday_id
        WHERE h.reason_for_change = 'New Enquiry' AND s.state = 'active' AND p.state = 'active'
        ORDER BY s.parent_monday_id DESC, h.monday_id LIMIT %s
        """, (chosen.edits,)).fetchall()
    side.connection.execute("DELETE FROM job_queue")
    side.command("analyze", *(project for project, _ in found))
    poller = Program([POLLER, "serve"], r"event=listening .*port=(\d+)", WEBHOOK_PORT="0", WEBHOOK_AUTH="token",
                     WEBHOOK_SECRET=SECRET, POLLER_LOG_LEVEL="info", **side.settings)
    try:
        side.command("webhooks", "register", WEBHOOK_AUTH="token", WEBHOOK_SECRET=SECRET,
                     MONDAY_WEBHOOK_URL=f"http://127.0.0.1:{poller.port}/webhooks/monday")
        control("PATCH", "/settings", {"latency_ms": chosen.latency_ms})
        side.wait_for_jobs(120)
        times = []
        for number, (project, hidden) in enumerate(found):
            control("DELETE", "/audit")
            began = control("GET", "/health")["now"]
            control("PATCH", f"/items/{hidden}", {"fields": {"material_value": f"{54_321 + 100 * number}.10", "transport_cost": "0"}})
            control("POST", "/webhooks/flush")
            side.wait_for_jobs(60)
            moments = [effect["at"] for effect in control("GET", "/audit?effects=1")["effect_list"]
                       if effect["item_id"] == project and effect["changed"]]
            if moments:
                times.append((max(moments) - began) * 1000)
        if not times:
            raise RuntimeError("no edit led to a write")
        p95 = statistics.quantiles(times, n=20, method="inclusive")[18] if len(times) > 1 else times[0]
        print(f"edit to pushed numbers, account at {chosen.latency_ms:g} ms, {len(times)} of {len(found)} edits that showed: "
              f"p50 {statistics.median(times):,.0f} ms, p95 {p95:,.0f} ms{verdict(p95 <= MOST_LATENCY_MS, f'{MOST_LATENCY_MS:,} ms')}; "
              f"poller {poller.resident_mib():.0f} MiB resident", flush=True)
    finally:
        poller.stop()


def main():
    chosen = arguments()
    simulator = Simulator("monday", projects=chosen.projects, clean=True)
    try:
        side = Side(simulator)
        read_everything(side)
        follow_edits(side, chosen)
        side.connection.close()
    finally:
        simulator.stop()
        drop_database(DATABASE)


if __name__ == "__main__":
    main()
