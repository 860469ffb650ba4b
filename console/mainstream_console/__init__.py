"""Pages on which people review alerts: what was right, what was missed, and the quality that follows."""
