"""M-Packages: all candidates of one app, immutable and content-addressed (format in manifest.py)."""
