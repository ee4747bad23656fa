#!/usr/bin/python3
"""Measures the running poller: its HTTP interface against a small node program (fastify and pg) on the same database, what
it takes of memory and processor, and how soon it starts a job.

Needs a server that may be used freely, as PGHOST, PGPORT and PGUSER name it, and the Debian packages wrk, nodejs and npm.
The node packages go into build/bench/node and nowhere else. Client, both programs and the database share this machine.
"""

import argparse
import hashlib
import json
import os
import pathlib
import random
import re
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from harness import HERE, create_database, drop_database, milliseconds, value_of

ROOT = HERE.parents[1]
DATABASE = "pipeline_bench_http"
NODE_FOLDER = ROOT / "build" / "bench" / "node"
NODE_PACKAGES = ("fastify@5.6.1", "pg@8.16.3")
POLLER = ROOT / "build" / "cmake" / "poller" / "pipeline-poller"
SECRET = "a-secret-of-the-benchmark"
CONNECTIONS = 50
PROJECTS = 2000
MOST_EVENTS_PER_SECOND = 15_000


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=6, metavar="N", help="length of one run (default: %(default)s)")
    parser.add_argument("--repetitions", type=int, default=3, metavar="N", help="runs of each side (default: %(default)s)")
    return parser.parse_args()


def require(*programs):
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        sys.exit(f"bench: {', '.join(missing)} not found; apt-get install wrk nodejs npm")


def prepare_database():
    connection = create_database(DATABASE)
    connection.execute("INSERT INTO monday_board (board_id, role, name) VALUES ('77867', 'parent', 'Projects')")
    connection.execute(
        """
        INSERT INTO projects (monday_id, item_name, pipeline_stage, new_enquiry_value, probability_percent, expected_start_date)
        SELECT 1000000 + n, 'Project ' || n, CASE mod(n, 3) WHEN 0 THEN 'Open Enquiry' WHEN 1 THEN 'Lost'
               ELSE 'Won - Open (Order Received)' END, n * 10.05, mod(n, 101), pipeline_today() + mod(n, 360)
        FROM generate_series(1, %s) AS n
        """,
        (PROJECTS,),
    )
    connection.execute("SELECT refresh_conversion_views(false)")
    connection.execute(
        """
        CREATE TABLE reference_event (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            event_key text NOT NULL UNIQUE,
            board_id text,
            item_id text,
            event_type text,
            payload jsonb,
            received_at timestamptz NOT NULL DEFAULT now()
        )
        """
    )
    connection.execute("VACUUM ANALYZE")
    fill_log(connection)
    return connection


def add_key(connection):
    key = "pfk_" + secrets.token_urlsafe(32)
    connection.execute("SELECT add_api_key('bench', ARRAY['read'], %s)", (hashlib.sha256(key.encode()).digest(),))
    return key


class Program:
    """A server under test, until stop(). Its port is what the pattern finds in its output."""

    def __init__(self, command, pattern, **environment):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            command, env=os.environ | environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        while (match := re.search(pattern, self.output())) is None:
            if self.process.poll() is not None:
                raise RuntimeError(f"{command[0]} ended with {self.process.returncode}: {self.output()}")
            time.sleep(0.05)
        self.port = int(match[1])

    def output(self):
        return os.pread(self.log.fileno(), 1_000_000, 0).decode()

    def resident_mib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


def start_poller(job_types="cleanup", **settings):
    return Program(
        [POLLER, "serve"], r"event=listening .*port=(\d+)", DATABASE_URL=f"dbname={DATABASE}", WEBHOOK_PORT="0",
        WEBHOOK_AUTH="hmac", WEBHOOK_SECRET=SECRET, POLLER_JOB_TYPES=job_types, POLLER_LOG_LEVEL="info", **settings)


def start_reference():
    if not (NODE_FOLDER / "node_modules" / "fastify").exists():
        print(f"Installing {' and '.join(NODE_PACKAGES)} into {NODE_FOLDER.relative_to(ROOT)}", flush=True)
        NODE_FOLDER.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", NODE_FOLDER, *NODE_PACKAGES], check=True)
    return Program(
        ["node", HERE / "http" / "reference.js"], r"listening .*:(\d+)", PGDATABASE=DATABASE,
        NODE_PATH=str(NODE_FOLDER / "node_modules"))


def load(port, path, seconds, script, **environment):
    """One run of wrk; what its script prints at the end."""
    ended = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", HERE / "http" / script, f"http://127.0.0.1:{port}{path}"],
        env=os.environ | {"RUN": secrets.token_hex(6)} | environment, check=True, capture_output=True, text=True)
    result = json.loads(ended.stdout.splitlines()[-1])
    if result["not_2xx"] or result["broken"]:
        raise RuntimeError(f"port {port}: {result}")
    return result


def medians(runs):
    """Of several runs: requests per second, and the 50th and the 99th percentile in milliseconds."""
    return (statistics.median(run["requests"] / run["seconds"] for run in runs),
            *(statistics.median(run[quantile] for run in runs) for quantile in ("p50_ms", "p99_ms")))


def alternate(repetitions, sides):
    """The medians of both sides, which take turns."""
    runs = {name: [] for name in sides}
    for repetition in range(repetitions + 1):
        for name, run in sides.items():
            result = run(1 if repetition == 0 else None)
            if repetition > 0:
                runs[name].append(result)
    return {name: medians(results) for name, results in runs.items()}


def compare(name, repetitions, reference, ours, least_ratio, most_p99_ms):
    measured = alternate(repetitions, {"reference": reference, "ours": ours})
    (reference_rate, _, reference_p99), (our_rate, _, our_p99) = measured["reference"], measured["ours"]
    ratio = our_rate / reference_rate
    print(f"{name}: {our_rate:,.0f}/s, reference {reference_rate:,.0f}/s: {ratio:.2f} x{verdict(ratio >= least_ratio, f'{least_ratio} x')}; "
          f"p99 {our_p99:.1f} ms{verdict(our_p99 <= most_p99_ms, f'{most_p99_ms} ms')}, reference {reference_p99:.1f} ms", flush=True)


def verdict(reached, bar):
    return f" ({'ok' if reached else 'missed'}, bar {bar})"


def fill_log(connection):
    """As many files of the log at hand as a server keeps that has run for a while; a new one is filled with zeros first,
    which holds up commits."""
    for _ in range(64):  # min_wal_size, 16 MB each
        connection.execute("SELECT pg_create_restore_point('bench')")
        connection.execute("SELECT pg_switch_wal()")
    connection.execute("CHECKPOINT")


def forget_events(connection):
    """Every run starts with empty tables and a fresh checkpoint."""
    connection.execute("TRUNCATE webhook_events, webhook_event_job, job_queue, reference_event")
    connection.execute("CHECKPOINT")


def measure_single_commits(connection, seconds):
    """What the disk and the scheduler of this machine leave to be reached: a row and its commit, 200 in a second."""
    times = []
    for _ in range(200 * seconds):
        time.sleep(random.uniform(0, 2 / 200))
        times.append(milliseconds(lambda: connection.execute(
            "INSERT INTO reference_event (event_key) VALUES (gen_random_uuid())", prepare=True)))
    quantiles = statistics.quantiles(times, n=100)
    print(f"a row and its commit, alone, 200/s: p50 {quantiles[49]:.1f} ms, p99 {quantiles[98]:.1f} ms", flush=True)


def measure(connection, poller, reference, chosen):
    idle = poller.resident_mib()
    print(f"poller, idle: {idle:.1f} MiB resident{verdict(idle <= 25, '25 MiB')}", flush=True)

    def send_events(port, signature, seconds, delay_ms=0):
        # A second of it warms up: emptied tables have made the server forget its plans.
        for length in (1, seconds):
            result = load(port, "/webhooks/monday", length, "webhook.lua", SIGNATURE=signature, SECRET=SECRET,
                          PROJECTS=str(PROJECTS), DELAY_MS=str(delay_ms),
                          PREPARED=str(0 if delay_ms else length * MOST_EVENTS_PER_SECOND))
        return result

    def events(port, signature):
        def run(seconds):
            forget_events(connection)
            return send_events(port, signature, seconds or chosen.seconds)
        return run

    # First what is offered at an even pace, ours before the reference: the runs at full speed leave much to be written, and
    # the reference closes its connections ten seconds later; each holds up commits for some time.
    measure_single_commits(connection, chosen.seconds)
    for name, port, signature, bar in (("ours", poller.port, "hmac", 5), ("reference", reference.port, "none", None)):
        rate, p50, p99 = medians([send_events(port, signature, chosen.seconds, 1000 * CONNECTIONS // 200)
                                  for _ in range(chosen.repetitions)])
        print(f"webhooks, {rate:,.0f}/s offered, {name}: p50 {p50:.1f} ms, "
              f"p99 {p99:.1f} ms{verdict(p99 <= bar, f'{bar} ms') if bar else ''}", flush=True)

    compare(f"webhooks, {CONNECTIONS} connections (ours: signature, event and job; reference: one INSERT)", chosen.repetitions,
            events(reference.port, "none"), events(poller.port, "hmac"), 1.8, 10)
    under_load = poller.resident_mib()
    print(f"poller, after it: {under_load:.1f} MiB resident{verdict(under_load <= 96, '96 MiB')}", flush=True)

    key = add_key(connection)

    def reports(port):
        return lambda seconds: load(port, "/forecast/pipeline", seconds or chosen.seconds, "report.lua", KEY=key)

    compare(f"GET /forecast/pipeline, {CONNECTIONS} connections (reference: a query for each request)", chosen.repetitions,
            reports(reference.port), reports(poller.port), 1, 30)

    before = poller.cpu_seconds()
    time.sleep(chosen.seconds)
    share = (poller.cpu_seconds() - before) / chosen.seconds
    print(f"poller, idle again: {share:.1%} of a processor{verdict(share < 0.01, '1 %')}", flush=True)


def measure_start_of_jobs(connection, seconds):
    """Short jobs, a hundred in a second, each of a project of its own; from the enqueueing transaction to the claim."""
    worker = start_poller("analyze", POLLER_JOB_CONCURRENCY="analyze=8")
    try:
        for n in range(100 * (1 + seconds)):
            if n == 100:  # the first second warms up
                connection.execute("TRUNCATE job_queue")
            connection.execute("SELECT enqueue_job('analyze', %s)", (str(1000001 + n % PROJECTS),))
            time.sleep(0.01)
        while value_of(connection, "SELECT count(*) FROM job_queue WHERE status IN ('queued', 'running')"):
            time.sleep(0.1)
        p50, p99 = value_of(connection, """
            SELECT percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY extract(epoch FROM started_at - run_at) * 1000)
            FROM job_queue WHERE status = 'completed'""")
        print(f"jobs, 100/s enqueued: p50 {p50:.1f} ms until started, p99 {p99:.1f} ms{verdict(p99 <= 10, '10 ms')}", flush=True)
    finally:
        worker.stop()


def main():
    chosen = arguments()
    require("wrk", "node", "npm")
    connection = prepare_database()
    programs = []
    try:
        programs.append(start_reference())
        programs.append(start_poller())
        reference, poller = programs
        measure(connection, poller, reference, chosen)
        measure_start_of_jobs(connection, chosen.seconds)
    finally:
        for program in programs:
            program.stop()
        connection.close()
        drop_database(DATABASE)


if __name__ == "__main__":
    main()
