"""Files that programs and people write, and the command that reads them as the granted role."""

import json

from poller import environment_for, run


class Imports:
    """`pipeline-poller import` on files of a test, in a database."""

    def __init__(self, connection, folder):
        self.connection = connection
        self.folder = folder

    def write(self, name, text, encoding="utf-8"):
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    def map(self, **fields):
        path = self.folder / "map.json"
        path.write_text(json.dumps({"fields": fields}))
        return ("--map", path)

    def run(self, path, *arguments):
        return run("import", path, *arguments, environment=environment_for(self.connection.database), timeout=120)

    def report(self, path, *arguments, status=0):
        """The report as JSON; the command has to end with the status."""
        answer = self.run(path, *arguments, "--json")
        assert answer.returncode == status, f"{answer.returncode}\n{answer.stdout}{answer.stderr}"
        assert answer.stdout, answer.stderr
        return json.loads(answer.stdout)

    def proposal(self, path, *arguments):
        answer = self.run(path, "--propose", *arguments)
        assert answer.returncode == 0, answer.stderr
        assert answer.stdout, answer.stderr
        return json.loads(answer.stdout)

    def rows(self, columns, order="monday_id"):
        """Of all projects, as texts."""
        listed = ", ".join(f"{column}::text" for column in columns.split())
        return [tuple(row.values()) for row in self.connection.execute(f"SELECT {listed} FROM projects ORDER BY {order}")]

    def count(self):
        return self.connection.execute("SELECT count(*) AS n FROM projects").fetchone()["n"]

    def refusals(self):
        """Line, field and reason of the last run."""
        return [
            (row["line"], row["field"], row["reason"])
            for row in self.connection.execute(
                "SELECT line, field, reason FROM sync_reject WHERE run_id = (SELECT max(id) FROM sync_log) ORDER BY line, field"
            )
        ]
