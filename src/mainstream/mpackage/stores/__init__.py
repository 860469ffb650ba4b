"""Where packages lie: a folder, or S3."""
