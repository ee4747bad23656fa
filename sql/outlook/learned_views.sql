-- What the outlook has learned.
CREATE OR REPLACE VIEW pipeline.vw_outlook_run AS
SELECT r.*, r.run_id = (SELECT n.run_id FROM outlook_newest_run n) AS is_newest
FROM outlook_run r;

COMMENT ON VIEW pipeline.vw_outlook_run IS
    'The runs of the outlook: what was read, in which state it is (prior: nothing has ended yet; thin: from fewer than 20 wins; young: less than six months of history, totals of twelve months are too low; fitted), and figures that hold for all of it.';

CREATE OR REPLACE VIEW pipeline.vw_outlook_factor AS
SELECT r.run_id, r.as_of, f.factor_name, f.group_number, f.group_name, f.cause, f.observed, f.expected, f.kappa, f.factor
FROM outlook_newest_run r
JOIN outlook_factor f ON f.run_id = r.run_id;

COMMENT ON VIEW pipeline.vw_outlook_factor IS
    'What the newest run has learned of each group of projects: how often they were won or lost (observed) against what everything else would have said (expected), and the factor that follows. Weighted by age, so that counts are not whole.';
