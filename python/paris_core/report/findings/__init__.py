"""What there is to be said of a fitted model: rows and heads, baselines, groups, shares."""
