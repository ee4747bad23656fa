"""The version after a release as a developer would make it: this tree is released, and then everything changes that can."""

import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
LATER = "9.9.9"

STEP = """\
ALTER TABLE pipeline.projects ADD COLUMN site text NOT NULL DEFAULT 'unknown';
COMMENT ON COLUMN pipeline.projects.site IS 'Where it is built.';
-- A column of another type under views.
SELECT pipeline_internal.drop_remade('{view pipeline.sync_health, view pipeline.system_performance}');
ALTER TABLE pipeline.sync_log ALTER COLUMN api_calls TYPE numeric;
UPDATE pipeline.sync_log SET trigger = 'step';
"""
SITES = """\
CREATE OR REPLACE VIEW pipeline.vw_sites AS SELECT p.site, count(*) AS projects FROM projects p GROUP BY p.site;
COMMENT ON VIEW pipeline.vw_sites IS 'Projects by site.';
COMMENT ON COLUMN pipeline.vw_sites.site IS 'Where it is built.';
COMMENT ON COLUMN pipeline.vw_sites.projects IS 'How many.';
"""
ADDED_FUNCTION = """\
CREATE FUNCTION pipeline_work.forget_site(project text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$ UPDATE projects SET site = 'unknown' WHERE monday_id = project $$;
COMMENT ON FUNCTION pipeline_work.forget_site(text) IS 'Forgets where a project is built.';
"""
# What has no CREATE OR REPLACE: a renamed argument, a type with another column, a function that is gone.
DROPS = """\
function pipeline_internal.percent_text(numeric,integer)
type pipeline.pipeline_refresh
function pipeline.get_account_performance(text)
"""


class LaterVersion:
    def __init__(self, folder):
        for part in ("sql", "control"):
            shutil.copytree(ROOT / part, folder / part)
        shutil.copy(ROOT / "CHANGELOG.md", folder)
        self.sql = folder / "sql"
        self.control = folder / "control" / "pipeline_forecast.control"
        self.released = self._version()
        subprocess.run([self.sql / "freeze", self.released, LATER], check=True, capture_output=True)
        assert self._version() == LATER
        self._change()
        self.scripts = [
            self.sql / "releases" / f"pipeline_forecast--{self.released}.sql",
            self._assemble(f"pipeline_forecast--{LATER}.sql"),
            self._assemble(f"pipeline_forecast--{self.released}--{LATER}.sql", self.released),
        ]

    def _version(self):
        line = next(line for line in self.control.read_text().splitlines() if line.startswith("default_version"))
        return line.split("'")[1]

    def _assemble(self, name, *arguments):
        script = subprocess.run([self.sql / "assemble.sh", *arguments], check=True, capture_output=True).stdout
        (self.sql / name).write_bytes(script)
        return self.sql / name

    def _edit(self, file, before, after):
        """Once, at the first place."""
        path = self.sql / file
        text = path.read_text()
        assert before in text, f"{file} holds {before}"
        path.write_text(text.replace(before, after, 1))

    def _change(self):
        order = (self.sql / "load_order").read_text()
        layout = 2 + sum(line.startswith("step ") for line in order.splitlines())
        (self.sql / "project" / "site_step.sql").write_text(STEP)
        (self.sql / "project" / "site.sql").write_text(ADDED_FUNCTION)
        (self.sql / "reports" / "site_view.sql").write_text(SITES)
        self._edit("load_order", "\nevery_setup ", f"\nstep {layout:04} project/site_step.sql\n\nevery_setup ")
        self._edit("load_order", "code access/rights.sql", "code project/site.sql\ncode access/rights.sql")
        self._edit("load_order", "every_setup reports/column_comments.sql",
                   "every_setup reports/site_view.sql\nevery_setup reports/column_comments.sql")
        # A function and a view that are gone.
        self._edit("load_order", "code analysis/account_performance.sql\n", "")
        self._edit("load_order", "every_setup operations/lineage_view.sql\n", "")
        # What cannot be replaced: other names of arguments, a type, the columns of a view, a materialized view.
        (self.sql / "releases" / f"{self.released}.drops").write_text(DROPS)
        self._edit("llm/request.sql", "percent_text(share numeric,", "percent_text(part numeric,")
        self._edit("llm/request.sql", "RETURN round(share * 100", "RETURN round(part * 100")
        self._edit("operations/refresh.sql", "    message text\n);", "    message text,\n    note text\n);")
        self._edit("reports/actual_views.sql", "    coalesce(m.invoice_count, 0) AS invoice_count,\n", "")
        self._edit("forecast/monthly_view.sql", "    statement_timestamp() AS", "    clock_timestamp() AS")
        # What can: a function's body.
        self._edit("llm/request.sql", "'Unknown');", "'None');")
