-- Two years of daily snapshots and invoices, straight into the partitions. Read from settings: bench.days (snapshot days
-- up to yesterday), bench.projects. Needs the projects of projects.sql.
--
-- Project number n is forecast for the month that lies n-th in 84 months, the next 12 of them ahead, so that a seventh of
-- all projects is within the 12 months of any day. Values follow from n; probabilities rise as the month comes near.
CREATE FUNCTION pg_temp.month_of(n integer) RETURNS date LANGUAGE sql STABLE AS $$
    SELECT (pipeline_forecast_month(pipeline_today()) - interval '72 months'
            + make_interval(months => (n::bigint * 84 / current_setting('bench.projects')::bigint)::integer))::date
$$;
CREATE FUNCTION pg_temp.contract(n integer) RETURNS numeric LANGUAGE sql IMMUTABLE
RETURN (500 + (n::bigint * 7919 % 2500000) / 10.0)::numeric(12,2);

-- The number of a project, its month, what it is worth, and what becomes of it: won (3 of 5), won late (1 of 5), lost.
CREATE UNLOGGED TABLE bench_project AS
SELECT n, (1200000000 + n * 7)::text COLLATE "C" AS project_id, pg_temp.month_of(n) AS month, pg_temp.contract(n) AS contract
FROM generate_series(1, current_setting('bench.projects')::integer - 1) AS n;
CREATE INDEX ON bench_project (month, n);
ANALYZE bench_project;

CREATE PROCEDURE pg_temp.fill_day(day date) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format($sql$
        INSERT INTO %s (snapshot_date, project_id, forecast_month, stage_bucket, contract_value, probability,
                        committed_value, expected_value, best_case_value, worst_case_value)
        SELECT $1, project_id, month, CASE p WHEN 1 THEN 'Committed' WHEN 0 THEN 'Lost' ELSE 'Open' END, contract, p,
               CASE WHEN p = 1 THEN contract ELSE 0 END, contract * p, contract * least(1, p * 1.25),
               contract * CASE WHEN p = 1 THEN 1 ELSE p * 0.75 END
        FROM (
            SELECT project_id, month, contract,
                   (CASE WHEN month - $1 > 30 THEN 0.40 + (n %% 8) * 0.05
                         WHEN n %% 5 < 3 THEN 1.0 WHEN n %% 5 = 3 THEN 0.55 ELSE 0 END)::numeric(6,5) AS p
            FROM bench_project
            WHERE month >= pipeline_window_start($1) AND month < pipeline_window_end($1)
        ) d
        ORDER BY project_id
    $sql$, snapshot_partition(day)) USING day;
END $$;

SET synchronous_commit = off;
DO $$
DECLARE
    day date;
BEGIN
    FOR day IN SELECT pipeline_today() - n FROM generate_series(current_setting('bench.days')::integer, 1, -1) AS n LOOP
        CALL pg_temp.fill_day(day);
        INSERT INTO pipeline_forecast_snapshot_day (snapshot_date, source, row_count)
        SELECT day, 'live', count(*) FROM bench_project WHERE month >= pipeline_window_start(day) AND month < pipeline_window_end(day);
    END LOOP;
END $$;

ALTER TABLE projects DISABLE TRIGGER USER;
UPDATE projects p
SET category = (ARRAY['Education', 'Health', 'Housing', 'Industrial', 'Retail'])[1 + b.n % 5],
    account = format('Account %s', b.n % 2000)
FROM bench_project b WHERE b.project_id = p.monday_id;
ALTER TABLE projects ENABLE TRIGGER USER;
SELECT catch_up_dimension();

INSERT INTO subitems (monday_id, item_name, parent_monday_id, invoice_date, amount_invoiced)
SELECT 's' || n, 'Quote', project_id, month + CASE WHEN n % 5 = 3 THEN 35 ELSE n % 28 END, round(contract * (90 + n % 21) / 100, 2)
FROM bench_project
WHERE n % 5 < 4 AND month < pipeline_forecast_month(pipeline_today());
DROP TABLE bench_project;
