"""The files of the server in a folder of their own, so that a test may add a version of the extension to them."""

import os
import pathlib
import shutil
import subprocess
import tempfile

PROGRAMS = ("postgres", "pg_ctl", "initdb", "psql", "createdb", "pg_config")


class ServerFiles:
    """PostgreSQL finds its files from where its programs lie: those are copied, everything else is linked."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pf", dir="/tmp"))
        self.folder.chmod(0o755)
        original = {name: self._ask(name) for name in ("bindir", "sharedir", "pkglibdir")}
        above = os.path.commonpath(list(original.values()))
        copy = {name: self.folder / path.relative_to(above) for name, path in original.items()}
        copy["bindir"].mkdir(parents=True)
        for program in PROGRAMS:
            shutil.copy2(original["bindir"] / program, copy["bindir"])
        copy["pkglibdir"].parent.mkdir(parents=True, exist_ok=True)
        copy["pkglibdir"].symlink_to(original["pkglibdir"])
        copy["sharedir"].mkdir(parents=True)
        for path in original["sharedir"].iterdir():
            if path.name != "extension":
                (copy["sharedir"] / path.name).symlink_to(path)
        self.extensions = copy["sharedir"] / "extension"
        self.extensions.mkdir()
        for path in (original["sharedir"] / "extension").iterdir():
            (self.extensions / path.name).symlink_to(path)
        self.pg_config = str(copy["bindir"] / "pg_config")

    def _ask(self, name):
        answer = subprocess.run(
            [os.environ.get("PG_CONFIG", "pg_config"), f"--{name}"], check=True, capture_output=True, text=True
        )
        return pathlib.Path(answer.stdout.strip()).resolve()

    def install(self, *paths):
        for path in paths:
            (self.extensions / path.name).unlink(missing_ok=True)
            shutil.copy2(path, self.extensions)

    def remove(self):
        shutil.rmtree(self.folder)
