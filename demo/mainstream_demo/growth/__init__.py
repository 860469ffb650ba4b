"""Mean F1 over the number of apps: every plan is played from one pass of scores.

plans.py    which apps, how many of them, and everybody's plan for them
scores.py   what every candidate in use says of every frame
playing.py  a plan played from scores
points.py   what came of it, with what chance alone could have made
chart.py    geometry of the picture
"""
