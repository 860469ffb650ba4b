"""Mean F1 over the number of apps: every plan is played from one pass of scores.

plans.py    which apps, how many of them, and everybody's plan for them
scores.py   what every candidate in use says of every frame
decoding.py which frames there are to look at
playing.py  a plan played from scores
points.py   what came of it, with what chance alone could have made
chart.py    geometry of the picture
"""
