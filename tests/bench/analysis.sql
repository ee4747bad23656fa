-- Turns the projects of projects.sql into a pipeline with segments of every width: many projects of few accounts, few
-- of many, one in eight with something unknown, and some of kinds so rare that only wide segments hold them.
-- Leaves nothing analysed. Without triggers, since it is the starting point and not a change.
CREATE FUNCTION pg_temp.fraction(id text, seed integer) RETURNS float8
LANGUAGE sql IMMUTABLE AS $$ SELECT (hashtextextended(id, seed) & 1048575) / 1048576.0 $$;

ALTER TABLE projects DISABLE TRIGGER USER;
ALTER TABLE analysis_results DISABLE TRIGGER USER;
TRUNCATE analysis_results, analysis_history;

UPDATE projects p
SET account = CASE WHEN d.unknown = 1 THEN NULL ELSE format('Account %s', floor(power(d.account, 2) * 2000)) END,
    type = CASE WHEN d.unknown = 2 THEN NULL WHEN d.rare < 0.02 THEN format('Rare type %s', p.monday_id) ELSE p.type END,
    category = CASE WHEN d.unknown = 3 THEN NULL WHEN d.rare < 0.001 THEN format('Rare category %s', p.monday_id)
                    ELSE p.category END,
    product_type = CASE WHEN d.unknown = 4 THEN NULL
                        WHEN d.rare BETWEEN 0.02 AND 0.05 THEN format('Rare product %s', p.monday_id)
                        ELSE p.product_type END,
    gestation_period = CASE WHEN d.has_gestation THEN p.gestation_period END
FROM (
    SELECT monday_id, pg_temp.fraction(monday_id, 1) AS account, pg_temp.fraction(monday_id, 2) AS rare,
           floor(pg_temp.fraction(monday_id, 3) * 32)::integer AS unknown, pg_temp.fraction(monday_id, 4) < 0.4 AS has_gestation
    FROM (SELECT monday_id FROM projects) ids
) d
WHERE d.monday_id = p.monday_id;

ALTER TABLE projects ENABLE TRIGGER USER;
ALTER TABLE analysis_results ENABLE TRIGGER USER;
SELECT catch_up_digest();
