"""The operator: turns VideoApps into a plan and a running runner, node by node, and says how it goes.

Level-triggered: handlers only take note of what exists and mark a node dirty; one worker a node does
observe -> decide -> desired -> apply -> status. Everything that decides is pure and has no clock; shells have no
decisions. What is known is in the cluster: a restart loses nothing.
"""
