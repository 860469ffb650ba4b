"""What a node is to do."""
