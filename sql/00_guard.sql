\echo Use "CREATE EXTENSION pipeline_forecast" to load this file. \quit
