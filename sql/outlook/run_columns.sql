-- What the document of a run says of the run, by the names of the columns.
state, step_days, version_count, open_count, won_count, lost_count, landmark_rows, exposure_cells, month_won_count,
month_won_value, level_won, level_lost, redundancy, shock_prior, value_ratio, value_cv2, settings
