"""The runner as a pod runs it: follows orders in mounted files, plays cameras until it is told otherwise, reports.

`coordinator` decides what to do next; `live` is the way of a frame; `admin` is what others see. It holds no credentials
of cluster or store, and goes on when API, store and operator are gone.
"""
