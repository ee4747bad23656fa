"""That clang-tidy is not passed over where it is missing."""

import pathlib
import shutil
import subprocess


def test_a_missing_clang_tidy_is_a_failure_that_names_the_remedy(tmp_path):
    (tmp_path / "dirname").symlink_to(shutil.which("dirname"))
    done = subprocess.run([pathlib.Path(__file__).with_name("tidy")], env={"PATH": str(tmp_path)},
                          capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "clang-tidy is missing: control/install-packages lint" in done.stderr
