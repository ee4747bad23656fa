"""A test that fails says why its projects are wrong, without a word of its own about it."""

import os
import subprocess
import sys

from cluster import ROOT

FAILING = '''
def test_that_fails(database):
    database.execute("INSERT INTO projects (monday_id, item_name) VALUES ('4711', 'wrong'), ('4712', 'named'), ('4713', 'well')")
    (job,) = database.execute("SELECT enqueue_job('analyze', '4711')").fetchone().values()
    claimed = database.execute("SELECT lease_token FROM claim_jobs('somebody', '{analyze}', '{1}')").fetchone()
    database.execute("SELECT fail_job(%s, %s, 'out of luck', false)", [job, claimed["lease_token"]])
    database.execute("BEGIN")
    assert "project 4712" == ""
'''


def test_the_report_of_a_failure_holds_the_lineage_of_its_projects(tmp_path):
    (tmp_path / "test_failing.py").write_text(FAILING)
    folder = ROOT / "tests" / "e2e"
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "conftest", "--rootdir", tmp_path, tmp_path],
        env={**os.environ, "PYTHONPATH": f"{folder}:{folder.parent}"}, capture_output=True, text=True, timeout=120, check=False,
    )
    assert result.returncode == 1, result.stdout
    report = result.stdout
    assert "Project lineage" in report
    assert '"finding": "Job analyze failed: out of luck"' in report
    assert '"project_id": "4712"' in report and '"project_id": "4713"' not in report
