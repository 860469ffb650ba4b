"""What a user gets of an app: alerts, as they are predicted, planned by and measured (docs/design.md, "Alerts").

merging.py     labelled runs become events: what the merge gap closes
measured.py    alerts against labels: found, missed, false, repeated
law.py         what a threshold, a rate and votes are predicted to give
certainty.py   intervals from few observations
synthetic.py   streams of the law's own chain, to hold the law against
"""
