-- Both windows come from one text, so that they cannot drift apart.
CREATE MATERIALIZED VIEW IF NOT EXISTS pipeline.conversion_metrics AS
@include analysis/conversion_groups.sql@
WHERE g.date_created >= pipeline_today() - make_interval(years => 5)
GROUP BY g.account, g.type, g.category, g.product_type;
CREATE UNIQUE INDEX IF NOT EXISTS conversion_metrics_key ON pipeline.conversion_metrics (group_key);
CREATE INDEX IF NOT EXISTS conversion_metrics_account_idx ON pipeline.conversion_metrics USING spgist (account);
COMMENT ON MATERIALIZED VIEW pipeline.conversion_metrics IS
    'Won, lost and open projects, win rates and gestation (days) by account, type, category and product type; projects created in the last 5 years, as of the last refresh.';
COMMENT ON COLUMN pipeline.conversion_metrics.group_key IS
    'Stands for the four texts, NULL included: the same ones always have the same key.';

CREATE MATERIALIZED VIEW IF NOT EXISTS pipeline.conversion_metrics_recent AS
@include analysis/conversion_groups.sql@
WHERE g.date_created >= pipeline_today() - make_interval(years => 2)
GROUP BY g.account, g.type, g.category, g.product_type;
CREATE UNIQUE INDEX IF NOT EXISTS conversion_metrics_recent_key ON pipeline.conversion_metrics_recent (group_key);
CREATE INDEX IF NOT EXISTS conversion_metrics_recent_account_idx ON pipeline.conversion_metrics_recent USING spgist (account);
COMMENT ON MATERIALIZED VIEW pipeline.conversion_metrics_recent IS
    'Won, lost and open projects, win rates and gestation (days) by account, type, category and product type; projects created in the last 2 years, as of the last refresh.';
COMMENT ON COLUMN pipeline.conversion_metrics_recent.group_key IS
    'Stands for the four texts, NULL included: the same ones always have the same key.';
