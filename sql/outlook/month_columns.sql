-- What the document of a run says of a month.
month, span, part, horizon, expected_value, p10, p50, p90, k1, k2, k3, l0, neg, before_blend, shock, past_months, theta, c, top_down
