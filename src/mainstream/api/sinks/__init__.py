"""Where alerts go: the kinds of sinks, what operator and runner have to know of any, and bodies that tenants write."""
