"""`mainstream evaluate`: alerts held against labels, as numbers and as a page.

truth.py      what the labels say of the part that is judged
runs.py       alerts of a run, or of files of alerts
play.py       a package played over the clip, faster than real time, through the runner's engine
evaluation.py what came of it: counts, and each alert and each event with its time
timeline.py, pictures.py, page.py   parts of a page; the demo's page is made of them too
"""
