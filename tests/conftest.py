"""What holds for all tests."""

import signal

# A shell that runs the tests in the background has them ignore Ctrl-C, and so would every process that a test starts
# and interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)
