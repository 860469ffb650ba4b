"""The durable queue between alerts and their destinations, and what it counts."""
