-- The rows that a query reads, in place of the time it takes. The test says of which tables by pg_temp.counter().
CREATE FUNCTION pg_temp.rows_of(query text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    before bigint := pg_temp.counter();
BEGIN
    -- As many rows as it takes in one process.
    SET LOCAL max_parallel_workers_per_gather = 0;
    EXECUTE query;
    RETURN pg_temp.counter() - before;
END $$;
