"""Which hosts a tenant may have the platform call, and connecting to no other."""
