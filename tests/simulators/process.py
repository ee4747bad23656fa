"""A simulator as a process of its own: started for a test, stopped after it, talked to over HTTP."""

import json
import os
import pathlib
import subprocess
import sys
import urllib.error
import urllib.request

FOLDER = pathlib.Path(__file__).resolve().parents[1]


class Simulator:
    """name: monday or llm. arguments: of its command line, e.g. projects=50, clean=True."""

    def __init__(self, name, **arguments):
        options = []
        for key, value in arguments.items():
            option = f"--{key.replace('_', '-')}"
            options += [option] if value is True else [] if value in (None, False) else [option, str(value)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"simulators.{name}", *options],
            stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(FOLDER)}, cwd=FOLDER,
        )
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the simulator did not start (exit code {self.process.wait()})")
        self.place = json.loads(line)
        self.url = self.place["url"]

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=10)
        self.process.stdout.close()

    def control(self, method, path, body=None):
        """The parsed answer of the control interface: control("POST", "/items", {...})."""
        status, _, answer = request(method, self.place["control"] + path, body)
        if status != 200:
            raise RuntimeError(f"{method} {path}: {status} {answer}")
        return answer


def request(method, url, body=None, headers=None, timeout=60):
    """(status, headers, parsed JSON or text) of any answer; only a broken connection raises."""
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    made = urllib.request.Request(url, data, {"Content-Type": "application/json", **(headers or {})}, method=method)
    try:
        with urllib.request.urlopen(made, timeout=timeout) as answer:
            return answer.status, answer.headers, _parsed(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, _parsed(error.read())


def _parsed(data):
    try:
        return json.loads(data)
    except ValueError:
        return data.decode(errors="replace")
