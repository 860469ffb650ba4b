"""`mainstream demo`: train, profile, plan, run and measure an example on one machine, under three policies."""
