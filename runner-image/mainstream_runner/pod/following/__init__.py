"""What the coordinator steps through: each follows one kind of order, and leaves what takes long to a thread."""
