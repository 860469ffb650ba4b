"""From what users declared to a planner's problem, and from its plan to what a runner gets."""
