-- The additive columns of the outlook: what they say of any sum of them. Closed formulas, so that a standby, a report and
-- a slicer get the same answer as the run that stored them.

CREATE FUNCTION pipeline.outlook_quantile(
    k1 double precision,
    k2 double precision,
    k3 double precision,
    l0 double precision,
    neg double precision,
    s double precision,
    q double precision
) RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_outlook_quantile';
COMMENT ON FUNCTION pipeline.outlook_quantile(double precision, double precision, double precision, double precision, double precision, double precision, double precision) IS
    'The amount that a sum stays below with probability q, from its additive columns k1, k2, k3, l0, neg and the variance s of what moves the whole month. q is taken within [1e-9, 1 - 1e-9].';

CREATE FUNCTION pipeline.outlook_probability_at_least(
    k1 double precision,
    k2 double precision,
    k3 double precision,
    l0 double precision,
    neg double precision,
    s double precision,
    at_least double precision
) RETURNS double precision
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_outlook_probability_at_least';
COMMENT ON FUNCTION pipeline.outlook_probability_at_least(double precision, double precision, double precision, double precision, double precision, double precision, double precision) IS
    'The probability that a sum reaches an amount: the inverse of outlook_quantile().';

CREATE FUNCTION pipeline.pipeline_wilson(held bigint, tried bigint) RETURNS double precision[]
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_wilson';
COMMENT ON FUNCTION pipeline.pipeline_wilson(bigint, bigint) IS
    'Between which shares the true one lies after "held n of m": lower and upper end of Wilson''s interval at 95 %; {0,1} where nothing was tried.';

CREATE FUNCTION pipeline_internal.outlook_sum_transition(
    state internal,
    months double precision[],
    month integer,
    cumulated boolean,
    win_value double precision,
    value_cv2 double precision,
    c double precision
) RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_outlook_sum_transition';
COMMENT ON FUNCTION pipeline_internal.outlook_sum_transition(internal, double precision[], integer, boolean, double precision, double precision, double precision) IS
    'Adds the columns of one project to the state of outlook_sum().';

CREATE FUNCTION pipeline_internal.outlook_sum_final(state internal) RETURNS double precision[]
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pipeline_outlook_sum_final';
COMMENT ON FUNCTION pipeline_internal.outlook_sum_final(internal) IS 'The result of outlook_sum().';

CREATE AGGREGATE pipeline_internal.outlook_sum(
    months double precision[],
    month integer,
    cumulated boolean,
    win_value double precision,
    value_cv2 double precision,
    c double precision
) (
    SFUNC = outlook_sum_transition,
    STYPE = internal,
    SSPACE = 64,
    FINALFUNC = outlook_sum_final,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE pipeline_internal.outlook_sum(double precision[], integer, boolean, double precision, double precision, double precision) IS
    'The additive columns {k1, k2, k3, l0, neg} of projects in one month ahead (0 is that of the run), or in all months up to it.';

CREATE FUNCTION pipeline_internal.outlook_columns(
    months double precision[],
    win_value double precision,
    value_cv2 double precision,
    c double precision[],
    c_cumulated double precision[]
) RETURNS TABLE(
    horizon integer,
    p double precision,
    k1 double precision,
    k2 double precision,
    k3 double precision,
    l0 double precision,
    ck1 double precision,
    ck2 double precision,
    ck3 double precision,
    cl0 double precision,
    neg double precision
)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
ROWS 12
AS 'MODULE_PATHNAME', 'pipeline_outlook_columns';
COMMENT ON FUNCTION pipeline_internal.outlook_columns(double precision[], double precision, double precision, double precision[], double precision[]) IS
    'The additive columns of one project by month, and cumulated.';
