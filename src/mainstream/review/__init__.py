"""What people say of alerts, and the quality that follows from it (docs/review.md)."""
