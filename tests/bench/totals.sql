-- The five sums of the forecast over inputs that are already joined, as plain SQL.
CREATE VIEW plain.formula_totals AS
SELECT
    count(*) AS project_count,
    sum(contract_value) AS contract_value,
    sum(CASE WHEN stage_bucket = 'Committed' THEN contract_value ELSE 0 END) AS committed_value,
    sum(round(contract_value * probability, 2)) AS expected_value,
    sum(round(contract_value * CASE WHEN contract_value < 0 THEN worst ELSE best END, 2)) AS best_case_value,
    sum(round(contract_value * CASE WHEN contract_value < 0 THEN best ELSE worst END, 2)) AS worst_case_value
FROM (
    SELECT
        p.*,
        CASE stage_bucket WHEN 'Open' THEN least(probability + spread, 1) ELSE probability END AS best,
        CASE stage_bucket WHEN 'Open' THEN greatest(probability - spread, 0) ELSE probability END AS worst
    FROM (
        SELECT
            stage_bucket,
            coalesce(nullif(total_order_value, 0), nullif(new_enquiry_value, 0), 0) AS contract_value,
            CASE stage_bucket
                WHEN 'Lost' THEN 0
                WHEN 'Committed' THEN 1
                ELSE greatest(0, least(1, coalesce(
                    expected_conversion_rate, probability_percent / 100, default_probability)))
            END AS probability,
            CASE
                WHEN conversion_confidence > 0 THEN greatest(0.05, least(0.35, (1 - conversion_confidence) * 0.30))
                ELSE default_spread
            END AS spread
        FROM plain.formula_input
    ) p
) b;
