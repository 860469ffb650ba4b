"""What each app has to choose from, and what its choices are predicted to give.

predictions.py  alerts of each threshold, rate and votes
options.py      best threshold and votes for each (candidate, rate)
build.py        option tables of all apps, within the deadline
"""
