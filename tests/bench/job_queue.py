#!/usr/bin/python3
"""Measures the queue and the intake of webhook events, each figure against a reference in the same run.

The reference is the least that SQL has to do for the same (queue.sql); claims are also compared with two job queues for
node, which npm installs into build/bench/peers. Needs the same server as run.py, and pgbench.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import uuid

from harness import (HERE, Figure, Results, connect, create_database, drop_database, milliseconds, run_file, show,
                     value_of, without_autovacuum)

DATABASE = "pipeline_bench_queue"
PEERS = {"graphile-worker, batched preset": ("graphile-worker.mjs", 1),
         "pg-boss work(), batches of 100": ("pg-boss-work.mjs", 0.5),
         "pg-boss fetch() and complete(), batches of 100": ("pg-boss-fetch.mjs", None)}
PEERS_BATCH, PEERS_CLIENTS = 500, 2  # as many as the batched preset takes at a time
EVENTS_IN_A_CALL = 200

# One turn of a worker. In the reference the planner is told what the functions of the extension are told by themselves.
OURS = """
SELECT coalesce(array_agg(id), '{{}}') AS ids, coalesce(array_agg(lease_token), '{{}}') AS tokens
FROM claim_jobs('bench', '{{bench}}', '{{{batch}}}') \\gset
SELECT count(*) FROM finish_jobs(:ids, :tokens);
"""
PLAIN = """
WITH due AS MATERIALIZED (
    SELECT id FROM plain.job WHERE NOT is_running AND run_at <= now() ORDER BY priority, run_at, id
    LIMIT {batch} FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE plain.job j
    SET is_running = true, attempts = attempts + 1, lease_until = now() + interval '60 s',
        lease_token = nextval('plain.lease_token'), worker_id = 'bench'
    FROM due WHERE j.id = due.id
    RETURNING j.id, j.lease_token, j.payload
)
SELECT coalesce(array_agg(id), '{{}}') AS ids, coalesce(array_agg(lease_token), '{{}}') AS tokens FROM taken \\gset
DELETE FROM plain.job j USING unnest(:ids::bigint[], :tokens::bigint[]) AS held (id, token)
WHERE j.id = held.id AND j.lease_token = held.token;
"""
PLAIN_OPTIONS = "-c enable_seqscan=off -c enable_bitmapscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off"

PLAIN_EVENTS = """
WITH given AS (
    SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
        AS g (event_key, item_id, event_type, body, client_ip)
), stored AS (
    INSERT INTO plain.event (event_key, item_id, event_type, payload, client_ip)
    SELECT event_key, item_id, event_type, body::jsonb, client_ip::inet FROM given ORDER BY event_key
    ON CONFLICT (event_key) DO NOTHING
    RETURNING item_id
)
INSERT INTO plain.waiting_job AS j (project_id)
SELECT DISTINCT item_id FROM stored ORDER BY 1
ON CONFLICT (project_id) DO UPDATE SET updated_at = excluded.updated_at"""
OUR_EVENTS = """
SELECT count(*) FROM record_webhook_events(
    %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])"""


class Bench:
    def __init__(self, jobs, repetitions):
        self.jobs, self.repetitions, self.results = jobs, repetitions, Results()
        self.connection = create_database(DATABASE)
        run_file(self.connection, "queue.sql")

    def empty(self):
        self.connection.execute("TRUNCATE job_queue, webhook_events, webhook_event_job, plain.job, plain.event, plain.waiting_job")
        self.connection.execute("VACUUM ANALYZE")
        self.connection.execute("CHECKPOINT")

    def fill(self, ours, jobs):
        """Jobs of as many projects, all of them due."""
        if ours:
            self.connection.execute("""
                INSERT INTO job_queue_queued (id, job_type, project_id, dedupe_key)
                SELECT nextval('job_queue_id_seq'), 'bench', n::text, n::text FROM generate_series(1, %s) n""", (jobs,))
        else:
            self.connection.execute("""
                INSERT INTO plain.job (job_type, project_id) SELECT 'bench', n::text FROM generate_series(1, %s) n""", (jobs,))

    def left(self, ours):
        table = "job_queue_queued" if ours else "plain.job WHERE NOT is_running"
        return value_of(self.connection, f"SELECT count(*) FROM {table}")

    def drain(self, ours, jobs, batch, clients):
        """Milliseconds for all jobs, at the rate at which they were claimed and finished."""
        self.fill(ours, jobs)
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
            script.write((OURS if ours else PLAIN).format(batch=batch))
            script.flush()
            environment = {**os.environ, "PGDATABASE": DATABASE, "PGOPTIONS": "" if ours else PLAIN_OPTIONS}
            turns = jobs // (batch * clients)
            said = subprocess.run(
                ["pgbench", "--no-vacuum", "--protocol=prepared", f"--client={clients}", "--jobs=2",
                 f"--transactions={turns}", f"--file={script.name}"],
                env=environment, check=True, capture_output=True, text=True).stdout
        done = jobs - self.left(ours)
        if done < 0.9 * jobs:
            raise RuntimeError(f"only {done} of {jobs} jobs were done: {said}")
        turns_per_second = float(re.search(r"^tps = ([\d.]+) \(without", said, re.MULTILINE).group(1))
        return turns * clients / turns_per_second / done * jobs * 1000

    def alternate(self, name, reference, ours, bar, size=None):
        """Medians; the two take turns, so that a slow minute meets both, and the first turn of each warms up."""
        times = ([], [])
        for repetition in range(self.repetitions + 1):
            for measure, collected in zip((reference, ours), times):
                self.empty()
                elapsed = measure()
                if repetition > 0:
                    collected.append(elapsed)
        reference_ms, our_ms = map(statistics.median, times)
        self.results.add(Figure(name, size or self.jobs, reference_ms, our_ms, our_ms / reference_ms, bar,
                                spread=f"{min(times[1]):.1f}..{max(times[1]):.1f}"))
        return our_ms

    def batches(self):
        self.alternate("claim and finish 100, 4 workers / least in SQL",
                       lambda: self.drain(False, self.jobs, 100, 4), lambda: self.drain(True, self.jobs, 100, 4), 2)

    def one_by_one(self):
        jobs = self.jobs // 10
        self.alternate("claim and finish 1, 10 workers / least in SQL",
                       lambda: self.drain(False, jobs, 1, 10), lambda: self.drain(True, jobs, 1, 10), 2, jobs)

    def behind_a_snapshot(self):
        """With an old snapshot open, and twice as many dead rows as jobs."""
        def held():
            with connect(DATABASE) as reader:
                reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
                reader.execute("SELECT count(*) FROM job_queue")
                for _ in range(2):
                    self.drain(True, self.jobs, 100, 4)
                return self.drain(True, self.jobs, 100, 4)

        self.alternate(f"the same behind a snapshot, from {2 * self.jobs:,} dead rows on / without",
                       lambda: self.drain(True, self.jobs, 100, 4), held, 2)

    def intake(self):
        """Events of changing projects, three for each, in calls as the poller's group commit makes them."""
        self.connection.execute("INSERT INTO monday_board (board_id, role, name) VALUES ('1', 'parent', 'Projects')")
        body = json.dumps({"event": {"type": "update_column_value", "triggerTime": "2026-11-05T17:52:53.186Z",
                                     "subscriptionId": 4667, "boardId": 1, "pulseId": 77868, "columnId": "status",
                                     "value": {"label": {"index": 0, "text": "x" * 400}}, "previousValue": None,
                                     "changedAt": 1793901173.386279, "triggerUuid": "c1285a470f0fc8f14f54851c5d8eb32f"}})
        n = EVENTS_IN_A_CALL
        events = self.jobs // n * n

        def calls():
            for first in range(0, events, n):
                keys = [uuid.uuid4().hex for _ in range(n)]
                items = [str((first + i) * 7919 % (events // 3)) for i in range(n)]
                yield keys, items

        def plain():
            for keys, items in batches:
                self.connection.execute(PLAIN_EVENTS, (keys, items, ["change_column_value"] * n, [body] * n, ["::1"] * n),
                                        prepare=True)

        def ours():
            for keys, items in batches:
                self.connection.execute(
                    OUR_EVENTS, (keys, ["4667"] * n, ["1"] * n, items, ["change_column_value"] * n, [None] * n,
                                 ["status"] * n, [body] * n, ["::1"] * n), prepare=True)

        batches = list(calls())
        self.alternate(f"webhook events, {n} a call / least in SQL", lambda: milliseconds(plain), lambda: milliseconds(ours),
                       2.5, events)

    def peers(self):
        folder = install_peers()
        for name, (script, bar) in PEERS.items():
            self.alternate(f"claim and finish in batches / {name}", lambda: run_peer(folder, script, self.jobs),
                           lambda: self.drain(True, self.jobs, PEERS_BATCH, PEERS_CLIENTS), bar)


def install_peers():
    folder = pathlib.Path("build/bench/peers").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    for file in (HERE / "peers").iterdir():
        shutil.copy(file, folder)
    if not (folder / "node_modules").is_dir():
        print("  installing two job queues for node into build/bench/peers", flush=True)
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent"], cwd=folder, check=True)
    return folder


def run_peer(folder, script, jobs):
    said = subprocess.run([folder / "node_modules" / "node" / "bin" / "node", script], cwd=folder, check=True,
                          env={**os.environ, "PGDATABASE": DATABASE, "JOBS": str(jobs)}, stdout=subprocess.PIPE, text=True)
    return float(said.stdout.split()[-1])


FIGURES = {"batches": Bench.batches, "one": Bench.one_by_one, "snapshot": Bench.behind_a_snapshot,
           "intake": Bench.intake, "peers": Bench.peers}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=20_000, metavar="N", help="jobs and events of a turn (default: %(default)s)")
    parser.add_argument("--repetitions", type=int, default=5, metavar="N")
    parser.add_argument("--only", metavar="NAME,...", help="these of " + ", ".join(FIGURES))
    parser.add_argument("--csv", default="build/bench-queue.csv", type=pathlib.Path, metavar="PATH")
    chosen = parser.parse_args()
    names = chosen.only.split(",") if chosen.only else list(FIGURES)
    if unknown := set(names) - set(FIGURES):
        parser.error(f"unknown figure {', '.join(sorted(unknown))}; there are {', '.join(FIGURES)}")
    if chosen.jobs < 2000 or chosen.repetitions < 1:
        parser.error("--jobs must be at least 2000 and --repetitions at least 1")
    with without_autovacuum():
        bench = Bench(chosen.jobs, chosen.repetitions)
        for name in names:
            FIGURES[name](bench)
        bench.connection.close()
        drop_database(DATABASE)
    show(bench.results, chosen.csv)
    return 0


if __name__ == "__main__":
    sys.exit(main())
