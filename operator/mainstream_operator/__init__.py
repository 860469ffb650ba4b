"""The operator: turns VideoApps into a plan and a running runner, node by node, and says how it goes.

Level-triggered: handlers only take note of what exists and enqueue nodes; one worker for each node reconciles it:
observe -> decide -> desired -> apply -> sign URLs -> statuses. Everything that decides is pure and has no clock; shells
have no decisions. What is known is in the cluster: a restart loses nothing.
"""
