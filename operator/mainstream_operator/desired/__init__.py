"""What should exist of one node's runner: pure functions from decisions to objects."""
