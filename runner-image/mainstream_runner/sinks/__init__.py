"""From alerts to whoever wants them: one durable spool on disk, and one courier for each place that takes them."""
