-- The attributes of projects by snapshot day. A version holds from first_day to before end_day; a project whose attributes
-- never change has one for all its snapshots.
CREATE TABLE pipeline_data.snapshot_dimension (
    project_id text COLLATE "C" NOT NULL,
    first_day date NOT NULL,
    end_day date NOT NULL DEFAULT 'infinity',
    account text,
    type text,
    category text,
    product_type text,
    pipeline_stage text,
    sales_representative text,
    PRIMARY KEY (project_id, first_day),
    CONSTRAINT snapshot_dimension_days_in_order CHECK (end_day > first_day)
);
CREATE INDEX snapshot_dimension_account_idx ON snapshot_dimension USING spgist (account);

COMMENT ON TABLE pipeline_data.snapshot_dimension IS
    'What each forecast snapshot knows of its projects: account, type, category, product, stage and owner of its day, so that a project that is reassigned later does not move the past. Written by the snapshot functions; vw_dim_project_of_day shows it.';

-- Of the snapshots of an earlier release: what history knew at their moment, and the owner of today.
INSERT INTO snapshot_dimension (project_id, first_day, end_day, @list snapshot/attributes.sql@)
SELECT c.project_id, c.first_day, coalesce(lead(c.first_day) OVER (PARTITION BY c.project_id ORDER BY c.first_day), 'infinity'),
       @list snapshot/attributes.sql c@
FROM (
    SELECT k.*, lag(k.first_day) OVER project IS NULL
                OR (@list snapshot/attributes.sql k@) IS DISTINCT FROM
                   (lag(k.account) OVER project, lag(k.type) OVER project, lag(k.category) OVER project,
                    lag(k.product_type) OVER project, lag(k.pipeline_stage) OVER project,
                    lag(k.sales_representative) OVER project) AS is_new
    FROM (
        -- The version that stood on the first snapshot day after it began; what a later one replaced before is in none.
        SELECT DISTINCT ON (h.project_id, taken.first_day)
               h.project_id, taken.first_day, h.account, h.type, h.category, h.product_type, h.pipeline_stage,
               d.sales_representative
        FROM project_history h
        LEFT JOIN project_dimension d ON d.project_id = h.project_id
        CROSS JOIN LATERAL (
            SELECT s.snapshot_date AS first_day
            FROM pipeline_forecast_snapshot_day s
            WHERE s.snapshot_date >= timezone('UTC', h.valid_from)::date
              AND CASE WHEN s.source = 'live' THEN s.created_at ELSE end_of_day(s.snapshot_date) END >= h.valid_from
            ORDER BY s.snapshot_date LIMIT 1
        ) taken
        WHERE h.state <> 'deleted'
        ORDER BY h.project_id, taken.first_day, h.valid_from DESC
    ) k
    WINDOW project AS (PARTITION BY k.project_id ORDER BY k.first_day)
) c
WHERE c.is_new;
-- Snapshots from before history began know no better than its beginning.
UPDATE snapshot_dimension v
SET first_day = oldest.day
FROM (SELECT min(snapshot_date) AS day FROM pipeline_forecast_snapshot_day) oldest,
     (SELECT project_id, min(first_day) AS first_day FROM snapshot_dimension GROUP BY 1) earliest
WHERE earliest.project_id = v.project_id AND earliest.first_day = v.first_day AND oldest.day < v.first_day;
