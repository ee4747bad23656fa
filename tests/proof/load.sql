-- Reads the exported opportunities into staging tables of text. :data is the folder that holds them, :nights says which
-- nights of 2017 are replayed: all, or the last of each month, which are those that a backtest reads.
CREATE SCHEMA replay;
CREATE TABLE replay.sales_pipeline (
    opportunity_id text, sales_agent text, product text, account text, deal_stage text, engage_date text,
    close_date text, close_value text);
CREATE TABLE replay.products (product text, series text, sales_price text);
\set command '\\copy replay.sales_pipeline FROM ''' :data '/sales_pipeline.csv'' WITH (FORMAT csv, HEADER)'
:command
\set command '\\copy replay.products FROM ''' :data '/products.csv'' WITH (FORMAT csv, HEADER)'
:command
CREATE TABLE replay.night_of AS
SELECT day::date AS day
FROM generate_series(timestamp '2017-01-01', timestamp '2017-12-31', interval '1 day') AS day
WHERE :'nights' = 'all' OR extract(month FROM day + interval '1 day') <> extract(month FROM day);
