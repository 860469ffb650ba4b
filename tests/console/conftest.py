import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from cluster_pages import cluster as cluster
from cluster_pages import desk_server as desk_server
from review_pages import axe as axe
from review_pages import console as console
