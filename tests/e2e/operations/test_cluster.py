"""The private cluster that make run and the tests start."""

import pathlib
import socket
import subprocess

import pytest

from cluster import ROOT, Cluster, value


@pytest.mark.parametrize("holder", ["listener", "connection", "bound"])
def test_takes_a_port_that_nobody_holds(monkeypatch, holder):
    with (socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as client,
          socket.socket() as bound):
        # No look shows it, only the attempt; as when somebody takes the port between the two.
        bound.bind(("127.0.0.1", 0))
        held = {"listener": listener, "connection": client, "bound": bound}[holder].getsockname()[1]
        monkeypatch.setenv("FIRST_PORT", str(held))
        cluster = Cluster()
        try:
            assert cluster.port > held
            with cluster.connect("postgres") as connection:
                assert value(connection, "SELECT 1") == 1
        finally:
            cluster.destroy()


@pytest.fixture
def cluster():
    cluster = Cluster()
    yield cluster
    cluster.destroy()


def again(cluster):
    """Stopped and started; gives the port then and what was said."""
    for action in ("stop", "start"):
        result = subprocess.run([ROOT / "control" / "cluster", action, cluster.home], capture_output=True, text=True, check=True)
    return int((pathlib.Path(cluster.home) / "port").read_text()), result.stderr


def test_a_client_that_stays_does_not_move_it_from_its_port(cluster):
    with socket.create_connection(("127.0.0.1", cluster.port)):
        assert again(cluster) == (cluster.port, "")


def test_a_port_that_was_taken_meanwhile_is_given_up_aloud(cluster):
    subprocess.run([ROOT / "control" / "cluster", "stop", cluster.home], check=True)
    with socket.create_server(("127.0.0.1", cluster.port)):
        port, said = again(cluster)
    assert port > cluster.port and f"Port {cluster.port} is taken" in said
