"""What operator and runner say to each other, typed."""
