-- The rate of the analysis as it counts, of a row i of forecast_input. The setting is a subquery, so that a statement reads
-- it once. Where much is read it stands at the outermost level: a server before version 17 would read no branch of UNION
-- ALL in parallel that has a subquery of its own.
pipeline_model_rate(i.expected_conversion_rate, i.conversion_confidence, i.probability_percent, (SELECT model_confidence_minimum()))
