"""What a node is to do, decided once for the operator and for the command line alike. Pure, with explicit state.

place -> refuse -> admit -> plan -> steady: a module a step. Same declarations, packages, profile and running plan, same
decision, wherever it is made.
"""
