"""Footage to train on: a camera's packets into files of bounded size and number, never decoded, never encoded anew."""
