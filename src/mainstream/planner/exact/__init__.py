"""The exact search: an instance as arrays in, chosen rows and what is proved of them out (docs/planner.md).

instance.py              the problem as arrays
bound.py                 the bound: cost shares and prices
box.py, branch.py        the parts of all plans that are searched one by one; how they are thinned and split
incumbent.py             the plan in hand
knapsack.py, search.py   exact choice for what is left; the loop
goals.py, feasibility.py highest mean, highest lowest; who has to go if not all fit
"""
