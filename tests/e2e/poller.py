"""The poller as a real process: started, waited for, asked, signalled, killed."""

import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time

import roles
from cluster import ROOT

PROGRAM = pathlib.Path(os.environ.get("PIPELINE_POLLER", ROOT / "build" / "cmake" / "poller" / "pipeline-poller"))
SECRET = "a-secret-of-the-tests-only"


def wait_until(condition, timeout=20, message="condition"):
    """Returns what the condition gives as soon as that is true."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        time.sleep(0.02)
    raise AssertionError(f"not within {timeout} s: {message}")


def environment_for(database, role=roles.POLLER_OF_TESTS, **settings):
    """For the poller on a database of the throw-away cluster (an object with name and cluster), as the role or as the owner.

    A setting of None is left out."""
    inherited = {name: text for name, text in os.environ.items() if name in ("PATH", "HOME", "LANG", "ASAN_OPTIONS")}
    cluster = database.cluster
    return inherited | {
        name: str(text)
        for name, text in {
            "DATABASE_URL": f"host={cluster.home} port={cluster.port} user={role or cluster.user} dbname={database.name}",
            "WEBHOOK_PORT": "0",
            "WEBHOOK_AUTH": "token",
            "WEBHOOK_SECRET": SECRET,
            **settings,
        }.items()
        if text is not None
    }


def run(*arguments, environment=None, timeout=30):
    """One command of the program, to its end."""
    return subprocess.run(
        [PROGRAM, *arguments], env=environment or {}, capture_output=True, text=True, timeout=timeout, check=False
    )


class Poller:
    """`pipeline-poller serve`; listens on a port of its own choice. Use as a context manager: it is gone afterwards."""

    def __init__(self, database, arguments=(), serve_arguments=(), role=roles.POLLER_OF_TESTS, **settings):
        self._log = tempfile.TemporaryFile("w+b")
        self.process = subprocess.Popen(
            [PROGRAM, *arguments, "serve", *serve_arguments],
            env=environment_for(database, role, **settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._log,
        )
        try:
            self.port = int(self.wait_for_log(r"event=listening .*port=(\d+)").group(1))
        except BaseException:
            self.close()
            raise
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Whatever state it is in."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._log.close()

    @property
    def log(self):
        self._log.flush()
        return os.pread(self._log.fileno(), os.fstat(self._log.fileno()).st_size, 0).decode()

    def wait_for_log(self, pattern, timeout=20):
        """The first match of a pattern in what was logged so far."""

        def found():
            match = re.search(pattern, self.log)
            if match is None and self.process.poll() is not None:
                raise AssertionError(f"the poller ended with {self.process.returncode}:\n{self.log}")
            return match

        try:
            return wait_until(found, timeout, f"log line {pattern}")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log}") from None

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        """As a crash does: at once, without a chance to tidy up."""
        self.process.kill()
        self.process.wait()

    def stop(self, timeout=30):
        """SIGTERM; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout)

    def resident_mib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) / 1024

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Receiver(Poller):
    """Takes requests in and leaves the jobs that they enqueue to the test."""

    def __init__(self, database, *arguments, **settings):
        super().__init__(database, *arguments, **{"POLLER_JOB_TYPES": "cleanup", **settings})
