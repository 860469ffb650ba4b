"""Reading of files and downloads, bounded and checked."""
