"""From what users declared to a planner's problem, and from its plan to what a runner is told.

Used offline by the command line and in a cluster by the operator: same manifests, same plan.
"""
