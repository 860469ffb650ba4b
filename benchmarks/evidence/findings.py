"""What was found behind the numbers: the reasons in docs/evidence.md, by section. Written by hand, when read."""

REASONS = {
    "targets": "Targets that are missed are named with the reason found: see the sections below.",
    "regime": """Where the published gains are not reached, four things differ from the authors' regime:

- *The baselines are better.* Here they choose threshold and votes for every app, as Mainstream does. The published
  ones have votes 1 and one threshold, so many cheap frames of a poor classifier drown in false alarms.
- *The classifiers lose less when they are frozen.* The published ones lose 70 % of their accuracy with everything
  frozen; ours lose a few points (the first table under "Predicted against measured" has p and e by branch-point). So
  Max-Sharing pays little for its rate.
- *Events are longer.* At 1.4 fps No-Sharing analyses a frame of every event that lasts more than .7 s. With the
  authors' event lengths (.2 to 1 s) the gain over it is larger.
- *The budget is not scarce.* F1 is at most 1, so +93 % asks for a baseline of at most .52. No-Sharing comes down to
  that where more apps share the budget, or there is less of it: "Every cell" has what Mainstream gains there.""",
    "calibration": """Replayed curves are what packages carry; the chain predicts where there are
none, or where an app says that its events are others. Two reasons were found for what predictions promise too much:

- *False hits are not spread evenly.* A package says how often frames outside events are hits, on average over all of
  them. But they come from classes that look like the event (for "T-shirt", every fifth shirt and hardly anything
  else), and a run of such pictures lasts as long as an event. The chain takes them for independent but for rho, so it
  expects votes over many frames to silence them. They do not. So plans with many frames and votes, Mainstream's and
  Max-Sharing's, are less precise than the chain predicts, and No-Sharing's, with one frame and one vote, are not.
  Replayed curves know this.
- *The test is another sample.* The signs hold some 31 held-out photos of a class, of other people than the test's. A
  search over hundreds of options finds those that these photos flatter most, and they have been used before: when
  to stop training was decided on them. Replayed curves are therefore planned with as cautiously as p and e are
  (posterior means); of the signs a bias of some hundredths remains.

Few predictions lie in the measured F1's own interval, which is that of some hundred events of one stream. What
predictions themselves leave open is wider, most of it from the few held-out photos: an interval that wide says little
of a single app. Of the signs, the measured F1 that lie outside it lie below it, nearly all: that is the bias, not the
width. What would close both: more held-out people, and others to stop training by than to count on.""",
    "live": """Budgets are a tenth of a core and less, so a hundredth of a core is more than a tenth of the cost. The
nodes of the two pools ran side by side, with nothing else. No-Sharing's plans cost about a fifth less than the profile
says, the others' what it says or a little more; and what the loop learnt from one policy's plan goes into the first
minute of the next policy's, which is why first minutes are off in turns. A minute later the loop has it right. It moves
plans only for more than a tenth, so that they do not follow noise.""",
    "throughput": """A ratio above what the operations allow is what networks take from one another: on one core several
side by side look at some tenth fewer frames in all than one does alone, and a shared stem does not pay that.""",
    "ablations": """Where greedy measures as well as or better than the exact search, the exact search's lead is a lead
in predicted F1 alone, spent on what the prediction flatters (see above). A better prediction would close that, not a
longer search. Thresholds tell the same story: chosen for every app they gain where some 150 photos of a class are held
out (fashion), and lose where there are some 31 (signs), which flatter the best of nine.""",
}
