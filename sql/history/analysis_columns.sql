-- What history keeps of an analysis, every version of it.
expected_gestation_days, gestation_confidence, expected_conversion_rate, conversion_confidence, rating_score,
analysis_timestamp, reasoning, adjustments, confidence_notes, special_factors, summary, llm_model, llm_status,
analysis_version, input_hash
