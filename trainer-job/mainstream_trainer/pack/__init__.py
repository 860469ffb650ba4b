"""What was learnt and measured, as a package."""
