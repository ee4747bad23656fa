"""The private cluster that make run and the tests start."""

import socket

import pytest

from cluster import Cluster, value


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
