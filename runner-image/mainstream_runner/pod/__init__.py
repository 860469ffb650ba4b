"""The runner as a pod runs it: follows orders in mounted files, plays cameras until it is told otherwise, says how.

`coordinator` decides what to do next, `following` does it, `status` and `admin` are what others see. It holds no
credentials of cluster or store, and goes on when API, store and operator are gone.
"""
