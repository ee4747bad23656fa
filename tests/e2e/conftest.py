"""Fixtures: one throw-away cluster for all tests, and fresh databases in it."""

import contextlib
import itertools
import types

import pytest

import lineage
from cluster import Cluster, set_up
from simulators.process import Simulator

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def cluster():
    cluster = Cluster()
    yield cluster
    cluster.destroy()


@contextlib.contextmanager
def new_database(cluster):
    name = f"e2e_{next(_numbers)}"
    cluster.create_database(name)
    opened = []

    def connection(**options):
        opened.append(cluster.connect(name, **options))
        return opened[-1]

    yield types.SimpleNamespace(name=name, cluster=cluster, connection=connection)
    for each in opened:
        each.close()
    cluster.drop_database(name)


@pytest.fixture
def empty_database(cluster):
    """A database with nothing in it, as an object with name, cluster and connection()."""
    with new_database(cluster) as database:
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
        with database.connection() as connection:
            set_up(connection)
        yield database
        mortal_cluster.control("start")


@pytest.fixture
def database(empty_database):
    """A connection to a database with the extension and its tables in schema public."""
    connection = empty_database.connection()
    set_up(connection)
    connection.database = empty_database
    return connection


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
