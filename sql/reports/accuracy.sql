-- The measures of a backtest, each in one place.

CREATE FUNCTION pipeline.pipeline_share(part bigint, whole bigint) RETURNS numeric
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_share';
COMMENT ON FUNCTION pipeline.pipeline_share(bigint, bigint) IS
    'part / whole with 6 decimals, 1 = all; NULL where there is no whole.';

CREATE FUNCTION pipeline.pipeline_wape(absolute_error numeric, actual numeric) RETURNS numeric
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_wape';
COMMENT ON FUNCTION pipeline.pipeline_wape(numeric, numeric) IS
    'Weighted absolute percentage error: sum of |forecast - actual| / sum of actual, 6 decimals, at most 999999.999999; NULL unless the actual sum is above 0.';

CREATE FUNCTION pipeline.pipeline_bias(forecast numeric, actual numeric) RETURNS numeric
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_bias';
COMMENT ON FUNCTION pipeline.pipeline_bias(numeric, numeric) IS
    '(sum of forecast - sum of actual) / sum of actual, 6 decimals: above 0 where too much was forecast; NULL unless the actual sum is above 0.';

CREATE FUNCTION pipeline.pipeline_skill(absolute_error numeric, naive_error numeric) RETURNS numeric
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_skill';
COMMENT ON FUNCTION pipeline.pipeline_skill(numeric, numeric) IS
    '1 - error / error of a naive line, 6 decimals: 1 is perfect, 0 no better than the naive line, below 0 worse; NULL where the naive line made no error.';
