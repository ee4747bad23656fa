"""The databases that the figures are measured in, and the proof that both sides compute the same."""

from harness import create_database, drop_database, run_file, value_of

# In the 'mixed' one 45 % of the projects are forecast for the 12 months ahead; in the 'window' one all are.
SHARE_IN_WINDOW = {"mixed": 0.45, "window": 1.0}

COMPARED = (
    "project_uuid, project_id, item_name, project_name, account, type, category, product_type, pipeline_stage, "
    "stage_bucket, contract_value, total_order_value, new_enquiry_value, date_created, probability, forecast_date, "
    "forecast_month, forecast_date_source, analysis_timestamp, expected_gestation_days, expected_conversion_rate, "
    "conversion_confidence, probability_percent, committed_value, expected_value, best_case_value, "
    "worst_case_value, best_case_probability, worst_case_probability, probability_spread, probability_source"
)


class Unequal(Exception):
    """The reference and the extension disagree; a comparison of their speed would mean nothing."""


def name_of(size, kind):
    return f"pipeline_bench_{kind}_{size}"


def create(size, kind):
    """A database with the extension, its tables, the reference, and the projects; vacuumed and analyzed."""
    connection = create_database(name_of(size, kind))
    run_file(connection, "reference.sql")
    run_file(connection, "projects.sql", projects=size, in_window=SHARE_IN_WINDOW[kind])
    connection.execute("VACUUM (ANALYZE)")
    require_equal(connection, "the project view", COMPARED, "vw_pipeline_forecast_project_v1", "plain.forecast_project")
    return connection


def drop(size, kind):
    drop_database(name_of(size, kind))


def require_equal(connection, what, columns, ours, reference):
    """Error Unequal unless both relations hold the same rows, duplicates counted."""
    difference = value_of(connection, f"""
        SELECT (SELECT count(*) FROM (SELECT {columns} FROM {ours} EXCEPT ALL SELECT {columns} FROM {reference}) o)
             + abs((SELECT count(*) FROM {ours}) - (SELECT count(*) FROM {reference}))""")
    if difference != 0:
        raise Unequal(f"{what}: {difference} rows of {ours} and {reference} differ")
    if value_of(connection, f"SELECT count(*) FROM {ours}") == 0:
        raise Unequal(f"{what}: there is nothing to compare")
