"""`kubectl mainstream`: what a cluster's objects say, for whoever runs it, and what is wrong with it.

It reads what the API server has, with the rights of whoever asks, and knows no more than that: every answer can be
checked with `kubectl get`. Gathering (`cluster`, `doctor.facts`) is apart from what follows, which is pure.
"""
