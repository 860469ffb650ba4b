"""Apps that are beyond their namespace's quota: what they are told, and when."""
