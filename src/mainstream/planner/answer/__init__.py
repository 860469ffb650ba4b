"""From the rows that were chosen to an answer that people read (docs/planner.md).

writing.py               rows of the search become a plan
explain.py, wording.py   why, in words
f1_interval.py           within what its F1 will be, nine times in ten
whatif.py                what changes between two plans
"""
