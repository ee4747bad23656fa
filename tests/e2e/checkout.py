"""A checkout as a newcomer has it after the build, in which make run, make stop and the others are called."""

import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile

import psycopg
from psycopg.rows import dict_row

from cluster import ROOT
from poller import PROGRAM


class Checkout:
    """A folder with what the everyday commands need, and with a private cluster of its own once make run was called.

    Use as a context manager: make clean-run has been called afterwards, and the folder is gone."""

    def __init__(self):
        # The server runs under another account than root and has to reach its folder within this one.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pf", dir="/tmp"))
        self.folder.chmod(0o755)
        for name in ("Makefile", "control"):
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
            copy(ROOT / name, self.folder / name)
        (self.folder / "tests").symlink_to(ROOT / "tests")
        # A process is known by the path of its program, so it has to be a file of this checkout.
        program = self.folder / "build" / "cmake" / "poller" / PROGRAM.name
        program.parent.mkdir(parents=True)
        shutil.copy2(PROGRAM, program)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.make("clean-run")
        shutil.rmtree(self.folder, ignore_errors=True)

    def make(self, *arguments, timeout=180, **settings):
        """make with these arguments; what it would build is built already. Settings go through the environment."""
        inherited = {name: text for name, text in os.environ.items() if name in ("PATH", "HOME", "LANG", "PG_CONFIG", "PYTHON")}
        environment = inherited | {
            "FIRST_PORT": os.environ.get("FIRST_PORT", "26320"),
            "EXTRA_CONF": "fsync = off",
            "SHARED_BUFFERS": "64MB",
            **settings,
        }
        return subprocess.run(
            ["make", "-s", "-o", "built-and-installed", *arguments],
            cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False,
        )

    def done(self, *arguments, **options):
        """The same where it has to succeed; gives what was printed."""
        result = self.make(*arguments, **options)
        assert result.returncode == 0, f"make {arguments}: {result.returncode}\n{result.stdout}{result.stderr}"
        return result.stdout

    def place(self, name):
        """What make run left in .run/env or .run/poller.env, as PGPORT or POLLER_URL."""
        for file in ("env", "poller.env"):
            for line in (self.folder / ".run" / file).read_text().splitlines():
                key, _, text = line.partition("=")
                if key == name:
                    return shlex.split(text)[0] if text else ""
        raise KeyError(name)

    def connection(self, **options):
        """To the database of make run."""
        return psycopg.connect(
            host=self.place("PGHOST"), port=self.place("PGPORT"), user=self.place("PGUSER"), dbname=self.place("PGDATABASE"),
            autocommit=True, row_factory=dict_row, **options,
        )
