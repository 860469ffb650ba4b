"""What each app has to choose from, and what its choices are predicted to give.

predictions.py            alerts of each threshold, rate and votes
options.py                best threshold and votes for each (candidate, rate)
points.py, known.py       the same by what it is made of, kept
work.py                   how long that takes
build.py                  option tables of all apps, within the deadline
"""
