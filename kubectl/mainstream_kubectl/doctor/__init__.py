"""`kubectl mainstream doctor`: what is wrong with a cluster, each finding with its way out.

`facts` gathers with the rights of whoever asks; the checks are pure, a module for each matter.
"""
