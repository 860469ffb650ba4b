"""What pip puts on PATH as `kubectl-mainstream`, which kubectl finds by its name."""

import sys


def main() -> None:
    """Run it; where the client of Kubernetes is not installed, say which extra brings it."""
    try:
        from mainstream_kubectl.main import main as run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("kubernetes", "urllib3"):
            raise
        sys.exit(f"kubectl mainstream needs {error.name}, which is not installed: pip install 'mainstream[kubectl]'")
    run()
