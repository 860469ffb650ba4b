"""The line between feeder and worker: frames there, scores back, past HTTP, JSON and the JVM.

TorchServe starts the worker, watches it and starts it again, and answers everything else that is asked. A frame's way
through it took 3 ms of CPU, half of what a network costs.
"""
