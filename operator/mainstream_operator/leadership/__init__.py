"""Which of several operators works: the one that holds the Lease. The others watch, and take over when it is let go."""
