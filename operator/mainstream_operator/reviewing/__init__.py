"""What the operator does with what tenants keep for review: the quality that people's verdicts tell."""
