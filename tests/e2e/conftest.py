"""Fixtures: one throw-away cluster for all tests of a process, and fresh databases in it."""

import contextlib
import itertools
import os
import types

import pytest

import lineage
from cluster import Cluster
from simulators.process import Simulator

# The fixtures site, chromium and browser.
pytest_plugins = ["page_site"]

_numbers = itertools.count(1)

# Two thirds of the time, longest first: what begins last must not be what takes longest.
LONGEST = (
    "test_monday_sync",
    "test_monday_push",
    "test_monday_chain",
    "test_cron",
    "test_monday_burst",
    "test_monday_bad_input",
    "test_schedule",
    "test_make_run",
    "test_poller_jobs",
    "test_hostile_http",
    "test_llm_explanations",
    "test_rest",
    "test_page",
    "test_guards",
    "test_analysis",
)

# The workers of pytest-xdist, gw0, gw1 and so on, each look for ports in a range of their own.
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
os.environ["FIRST_PORT"] = str(int(os.environ.get("FIRST_PORT", "26320")) + 100 * _worker)


def pytest_collection_modifyitems(items):
    def place(item):
        return LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST)

    items.sort(key=place)


@pytest.fixture(scope="session")
def cluster():
    cluster = Cluster()
    yield cluster
    cluster.destroy()


@contextlib.contextmanager
def new_database(cluster, create=Cluster.create_set_up_database):
    """With the extension and its tables; as an object with name, cluster and connection()."""
    name = f"e2e_{next(_numbers)}"
    create(cluster, name)
    opened = []

    def connection(**options):
        opened.append(cluster.connect(name, **options))
        return opened[-1]

    try:
        yield types.SimpleNamespace(name=name, cluster=cluster, connection=connection)
    finally:
        for each in opened:
            each.close()
        cluster.drop_database(name)


@pytest.fixture
def empty_database(cluster):
    """A database with nothing in it, as an object with name, cluster and connection()."""
    with new_database(cluster, Cluster.create_database) as database:
        yield database


@pytest.fixture(scope="session")
def mortal_cluster():
    """A server of its own, for tests that stop or kill it."""
    cluster = Cluster("fsync = on")
    yield cluster
    cluster.destroy()


@pytest.fixture
def mortal_database(mortal_cluster):
    """A database with the extension and its tables, on a server that may be stopped; as an object like empty_database."""
    with new_database(mortal_cluster) as database:
        yield database
        mortal_cluster.control("start")


@pytest.fixture
def database(cluster):
    """A connection to a database with the extension and its tables in schema public."""
    with new_database(cluster) as database:
        connection = database.connection()
        connection.database = database
        yield connection


@pytest.fixture(scope="module")
def start_simulator():
    """Starts a simulator, start_simulator("monday", projects=50); all end with the module's tests."""
    started = []

    def start(name, **arguments):
        started.append(Simulator(name, **arguments))
        return started[-1]

    yield start
    for simulator in started:
        simulator.stop()


@pytest.fixture(scope="module")
def account(start_simulator):
    """A simulated account of monday.com, which each test fills with what it needs."""
    return start_simulator("monday", projects=0)


@pytest.fixture(scope="session")
def llm_process():
    simulator = Simulator("llm")
    yield simulator
    simulator.stop()


@pytest.fixture
def llm(llm_process):
    """Simulated language models, without faults on order and with nothing in the audit."""
    llm_process.control("DELETE", "/faults")
    llm_process.control("DELETE", "/audit")
    return llm_process


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Why is a project wrong? Every failure shows what the database answers."""
    outcome = yield
    report = outcome.get_result()
    if report.failed and report.when != "teardown":
        report.sections += lineage.sections(getattr(item, "funcargs", {}), str(call.excinfo.value))
