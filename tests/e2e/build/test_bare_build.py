"""The build where the packages of the tests are missing, as on a new machine; and where nothing changed."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import pytest

from cluster import ROOT


def configure(folder, *options):
    return subprocess.run(["cmake", "-S", ROOT, "-B", folder, *options], capture_output=True, text=True, timeout=120, check=False)


def test_the_poller_is_configured_without_the_packages_of_the_tests(tmp_path):
    """With what control/build-poller says, and GTest hidden as if it were not installed."""
    options = re.findall(r"-D\S+", (ROOT / "control" / "build-poller").read_text())
    result = configure(tmp_path, *options, "-DCMAKE_DISABLE_FIND_PACKAGE_GTest=ON")
    assert result.returncode == 0, result.stderr
    targets = subprocess.run(["cmake", "--build", tmp_path, "--target", "help"], capture_output=True, text=True, check=True).stdout
    assert "pipeline-poller" in targets and "poller_test" not in targets


def test_the_unit_tests_do_need_it(tmp_path):
    """Or the test above could not fail."""
    result = configure(tmp_path, "-DPIPELINE_BUILD_TESTS=ON", "-DCMAKE_DISABLE_FIND_PACKAGE_GTest=ON")
    assert result.returncode != 0 and "GTest" in result.stderr


@pytest.mark.parametrize("folder", ["poller", "extension/core"])
def test_every_file_of_a_folder_is_compiled(tmp_path, folder):
    """No list has to name it."""
    assert configure(tmp_path, "-DCMAKE_UNITY_BUILD=OFF").returncode == 0
    commands = (tmp_path / "compile_commands.json").read_text()
    missing = [str(file) for file in pathlib.Path(ROOT / folder).rglob("*.cpp") if f'"{file}"' not in commands]
    assert missing == []


def test_a_second_build_of_the_poller_says_nothing():
    first = subprocess.run([ROOT / "control" / "build-poller"], capture_output=True, text=True, timeout=900, check=False)
    assert first.returncode == 0, first.stdout + first.stderr
    second = subprocess.run([ROOT / "control" / "build-poller"], capture_output=True, text=True, timeout=60, check=False)
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")


def test_what_takes_long_is_said_when_it_begins(tmp_path):
    """With a compiler that takes its time: the line has to come before it ends."""
    slow = tmp_path / "cmake"
    slow.write_text('#!/bin/sh\n[ "$1" != --build ] || { echo "[  1%] Building CXX object a.o"; exec sleep 30; }\n')
    slow.chmod(0o755)
    began = time.monotonic()
    copy = tmp_path / "control" / "build-poller"
    copy.parent.mkdir()
    shutil.copy2(ROOT / "control" / "build-poller", copy)
    with subprocess.Popen([copy], stdout=subprocess.PIPE, text=True, start_new_session=True,
                          env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}) as build:
        line = build.stdout.readline()
        waited = time.monotonic() - began
        os.killpg(build.pid, signal.SIGTERM)
    assert line.startswith("Building the poller") and waited < 20


def test_where_all_is_built_make_run_says_nothing_of_building(tmp_path):
    """What it does before the cluster starts; installed into a folder of the test."""
    command = ["make", "-s", "built-and-installed", "SUDO=", f"DESTDIR={tmp_path}"]
    first = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    assert first.returncode == 0, first.stdout + first.stderr
    second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert list(tmp_path.rglob("pipeline_forecast.so")), "or it looked at nothing"
