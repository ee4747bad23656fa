"""Faults of every kind, one after the other, under a stream of edits: nothing that was acknowledged is lost, nothing stays
undone for long once a fault is over, and in the end the database equals the boards.

TORTURE_SECONDS makes it longer; from some minutes on with each fault, and with the terms that are used in earnest.
"""

import contextlib
import os
import pathlib
import random
import signal
import subprocess
import tempfile
import threading
import time

import psycopg
import pytest

from cluster import Cluster, kill_server
from conftest import new_database
from monday_client import HIDDEN, PARENT, SUBITEM
from pipeline import Pipeline, differences
from poller import Receiver, wait_until

SECONDS = float(os.environ.get("TORTURE_SECONDS", "8"))
IN_EARNEST = SECONDS >= 300
LEASE = 60 if IN_EARNEST else 4
# Of work that could be done: from the end of a fault on, and beside a poller that stays frozen.
LONGEST = 65
DISK_MIB = 400
PROJECTS = 30
PASSING = ["53200", "53300", "40001", "40P01", "55006", "58030", "57014"]


@contextlib.contextmanager
def small_disk():
    """A folder on a file system of its own, which can be filled without harm to others; nothing where that is not allowed."""
    folder = tempfile.mkdtemp(prefix="pfd", dir="/tmp")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m,mode=755", "tmpfs", folder]
    try:
        is_mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        is_mounted = False
    try:
        yield folder if is_mounted else None
    finally:
        if is_mounted:
            subprocess.run(["umount", folder], check=True)
        os.rmdir(folder)


class World:
    """An account, its database, one poller that takes webhooks in and two that work."""

    def __init__(self, pipeline, database, disk):
        self.pipeline, self.database, self.disk = pipeline, database, disk
        self.control = pipeline.simulator.control
        self.ended = threading.Event()
        self.edits = 0
        self.numbers = random.Random(11)

    def start(self, receiver, workers):
        self.receiver, self.workers = receiver, workers
        self.pipeline.done("webhooks", "register", MONDAY_WEBHOOK_URL=f"{receiver.url}/webhooks/monday")
        self.editor = threading.Thread(target=self.edit, daemon=True)
        self.editor.start()

    def edit(self):
        """What people do meanwhile: numbers of projects and of their quotes."""
        projects = [each["id"] for each in self.control("GET", f"/items?board={PARENT}")]
        quotes = [each["id"] for each in self.control("GET", f"/items?board={HIDDEN}")]
        while not self.ended.wait(0.25):
            self.edits += 1
            if self.edits % 3:
                self.control("PATCH", f"/items/{self.numbers.choice(projects)}", {"fields": {"probability_percent": str(self.edits % 101)}})
            else:
                self.control("PATCH", f"/items/{self.numbers.choice(quotes)}", {"fields": {"material_value": str(1000 + 7 * self.edits)}})

    @contextlib.contextmanager
    def connected(self):
        with self.database.cluster.connect(self.database.name) as connection:
            yield connection

    def execute(self, statement):
        with self.connected() as connection:
            connection.execute(statement)

    def open_work(self, moment):
        """What was there at a moment and is not done yet."""
        query = """
            SELECT (SELECT count(*) FROM webhook_events e WHERE e.status = 'pending' AND e.received_at <= %(moment)s)
                + (SELECT count(*) FROM job_queue j WHERE j.status IN ('queued', 'running') AND j.created_at <= %(moment)s
                   AND j.job_type IN ('rehydrate_and_analyze', 'push_to_monday')) AS open"""
        with self.connected() as connection:
            return connection.execute(query, {"moment": moment}).fetchone()["open"]

    def settle(self, began=None):
        """How long it took from now, or since it began, until all that is there now was done."""
        with self.connected() as connection:
            moment = connection.execute("SELECT clock_timestamp() AS moment").fetchone()["moment"]
        began = began or time.monotonic()
        while self.open_work(moment) > 0:
            assert time.monotonic() - began <= LONGEST, f"stuck: {self.describe(moment)}"
            time.sleep(0.2)
        return time.monotonic() - began

    def describe(self, moment):
        with self.connected() as connection:
            jobs = connection.execute(
                "SELECT job_type, project_id, status, attempts, crashes, run_at - now() AS run_in, lease_until - now() AS lease, worker_id, detail"
                " FROM job_queue WHERE status IN ('queued', 'running') AND created_at <= %s LIMIT 10", [moment]).fetchall()
            turns = connection.execute("SELECT * FROM board_turn").fetchall()
        return f"{jobs}\n{turns}\n" + "\n".join(worker.log[-3000:] for worker in self.workers)

    # Faults: each is over when it returns, and gives when waiting for the work began. -------------------------------

    def pause(self):
        time.sleep(self.numbers.uniform(1, 6))

    def freeze(self):
        """The worker that writes to a board, for as long as it takes to get its work done without it."""
        worker = wait_until(self.writer, 40, "a worker that writes")
        worker.signal(signal.SIGSTOP)
        try:
            return self.settle()
        finally:
            worker.signal(signal.SIGCONT)

    def writer(self):
        with self.connected() as connection:
            holders = connection.execute("SELECT holder FROM board_turn WHERE holder IS NOT NULL").fetchall()
        return next((worker for worker in self.workers for row in holders if row["holder"].endswith(f"/{worker.process.pid}")), None)

    def make_pushes_due(self):
        self.execute("UPDATE analysis_results SET rating_score = 101 - rating_score, updated_at = now()")
        self.execute("SELECT enqueue_due_monday_pushes()")

    def answer_in_part(self):
        for path in (["items", 0, "column_values", 0], ["items", 0, "state"], ["items", 0, "subitems"]):
            self.control("POST", "/faults", {"kind": "partial", "code": "INTERNAL_SERVER_ERROR", "path": path, "times": None,
                                             "share": 0.4, "operation": "query", "retry_in": 0})
        self.pause()
        self.control("DELETE", "/faults")
        return self.settle()

    def lose_answers(self):
        for fault in ({"kind": "drop", "when": "after"}, {"code": "INTERNAL_SERVER_ERROR", "when": "after"}, {"kind": "raw", "http": 502, "body": "<html>"}):
            self.control("POST", "/faults", {"times": None, "share": 0.2, **fault})
        self.pause()
        self.control("DELETE", "/faults")
        return self.settle()

    def lose_access(self):
        token = self.pipeline.settings["MONDAY_API_KEY"]
        lost = self.numbers.choice([PARENT, SUBITEM, HIDDEN])
        self.control("POST", "/tokens", {"secret": token, "boards": [board for board in (PARENT, SUBITEM, HIDDEN) if board != lost]})
        self.pause()
        # All boards there are: a list that is left out would leave the token as it is.
        self.control("POST", "/tokens", {"secret": token, "boards": [PARENT, SUBITEM, HIDDEN]})
        return self.settle()

    def fail_statements(self):
        self.execute(
            "CREATE FUNCTION public.fail_at_times() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF random() < 0.3 THEN"
            f" RAISE EXCEPTION USING ERRCODE = (ARRAY{PASSING})[1 + floor(random() * {len(PASSING)})::integer], MESSAGE = 'made up';"
            " END IF; RETURN NULL; END $$")
        tables = ("projects", "subitems", "analysis_results", "push_state")
        for table in tables:
            self.execute(f"CREATE TRIGGER zz_fail AFTER INSERT OR UPDATE ON {table} EXECUTE FUNCTION public.fail_at_times()")
        self.pause()
        for table in tables:
            self.execute(f"DROP TRIGGER zz_fail ON {table}")
        self.execute("DROP FUNCTION public.fail_at_times()")
        return self.settle()

    def fill_disk(self):
        if self.disk is None:
            return 0
        ballast = pathlib.Path(self.disk) / "ballast"
        with open(ballast, "wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(b"\0" * 65536):
                pass
        self.pause()
        ballast.unlink()
        self.bring_back()
        return self.settle()

    def read_only(self):
        self.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        self.execute("SELECT pg_reload_conf()")
        self.pause()
        self.execute("ALTER SYSTEM RESET default_transaction_read_only")
        self.execute("SELECT pg_reload_conf()")
        return self.settle()

    def kill_database(self):
        kill_server(self.database.cluster)
        self.pause()
        self.bring_back()
        return self.settle()

    def bring_back(self):
        """The server: it may have ended, be about to, or be at its recovery."""

        def answers():
            try:
                self.database.cluster.control("start")
                self.execute("SELECT pg_switch_wal()")
            except (subprocess.CalledProcessError, psycopg.OperationalError):
                return False
            return True

        wait_until(answers, 60, "a server that answers")

    def kill_worker(self):
        index = self.numbers.randrange(len(self.workers))
        self.workers[index].close()
        began = time.monotonic()
        self.workers[index] = self.pipeline.poller(POLLER_LEASE_SECONDS=LEASE)
        return self.settle(began)


FAULTS = (World.freeze, World.answer_in_part, World.lose_answers, World.lose_access, World.fail_statements, World.fill_disk,
          World.read_only, World.kill_database, World.kill_worker)


@pytest.fixture
def world(start_simulator):
    account = start_simulator("monday", projects=PROJECTS, seed=6)
    account.control("PATCH", "/settings", {"plan": "enterprise"})
    account.control("POST", "/reset", {"projects": PROJECTS, "clean": True, "seed": 6})
    with small_disk() as disk, contextlib.ExitStack() as stack:
        cluster = Cluster("max_wal_size = 64MB\nmin_wal_size = 32MB\nshared_buffers = 32MB", folder=disk)
        stack.callback(cluster.destroy)
        database = stack.enter_context(new_database(cluster))
        with database.connection() as connection:
            connection.database = database
            pipeline = Pipeline(connection, account)
            pipeline.done("rehydrate", "full")
            connection.execute("SELECT analyze_projects()")
        here = World(pipeline, database, disk)
        workers = [pipeline.poller(POLLER_LEASE_SECONDS=LEASE) for _ in range(2)]
        stack.callback(lambda: [worker.close() for worker in workers])
        receiver = stack.enter_context(Receiver(database))
        here.start(receiver, workers)
        stack.callback(here.ended.set)
        yield here


def check_acknowledged(world):
    """Every event that was answered with 2xx is stored."""
    deliveries = world.control("GET", "/webhooks")["deliveries"]
    delivered = {(each["body"]["event"]["triggerUuid"], str(each["body"]["event"]["pulseId"]))
                 for each in deliveries if any(isinstance(attempt["status"], int) and attempt["status"] < 300 for attempt in each["attempts"])}
    with world.connected() as connection:
        stored = {(row["trigger"], row["item"]) for row in connection.execute(
            "SELECT webhook_payload->'event'->>'triggerUuid' AS trigger, webhook_payload->'event'->>'pulseId' AS item FROM webhook_events").fetchall()}
    assert delivered - stored == set(), "nothing that was acknowledged is lost"
    return len(delivered)


def test_nothing_is_lost_and_nothing_is_stuck(world, capsys):
    took = {}
    end = time.monotonic() + SECONDS
    faults = list(FAULTS)
    while time.monotonic() < end or not took:
        world.numbers.shuffle(faults)
        for fault in faults:
            time.sleep(1)
            world.make_pushes_due()
            took.setdefault(fault.__name__, []).append(fault(world))
            assert world.receiver.process.poll() is None
            if time.monotonic() > end and (len(took) == len(FAULTS) or not IN_EARNEST):
                break
    world.ended.set()
    world.editor.join()
    world.settle()
    delivered = check_acknowledged(world)
    with world.connected() as connection:
        connection.database = world.database
        world.pipeline.connection = connection
        world.pipeline.done("rehydrate", "reconcile")
        world.settle()
        assert differences(connection, world.pipeline.simulator) == []
    audit = world.pipeline.audit()
    assert max(audit["updates_per_item"].values(), default=0) <= 1 and audit["overlapping_writes"] == 0
    with capsys.disabled():
        print(f"\n{world.edits} edits, {delivered} events acknowledged, none lost")
        for name, seconds in sorted(took.items()):
            print(f"{name}: {len(seconds)} times, done after {max(seconds):.1f} s at most")
