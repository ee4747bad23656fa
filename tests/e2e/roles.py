"""The login roles with which README tells to run the poller and to read reports."""

POLLER = "pf_poller"
READER = "pf_reader"
# Who the poller of a test is, unless the test says; None is the owner of the tables.
POLLER_OF_TESTS = POLLER


def grant(connection):
    """Makes the roles where the server lacks them, and gives them their rights in this database."""
    for role, function in ((POLLER, "grant_pipeline_poller"), (READER, "grant_forecast_reader")):
        if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).fetchone() is None:
            connection.execute(f"CREATE ROLE {role} LOGIN")
        connection.execute(f"SELECT {function}(%s)", [role])
