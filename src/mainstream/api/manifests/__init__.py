"""Manifests as `kubectl apply -f` takes them, read into typed objects."""
