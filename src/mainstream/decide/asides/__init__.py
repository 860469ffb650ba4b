"""What is asked beside a node's plan, and changes nothing of it."""
