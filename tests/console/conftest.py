import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from cluster_pages import cluster as cluster
from review_pages import console as console
