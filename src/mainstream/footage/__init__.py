"""Video as people have it: which stream of a file, which way up, and when each frame was.

Frame numbers are not time: whoever needs the time of a frame asks for its presentation stamp, on a time line that only
goes forward (`stamps`). Only `reading` needs PyAV.
"""
