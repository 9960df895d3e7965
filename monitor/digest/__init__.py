"""The day in one file: gathered once as a value, rendered three ways, written atomically."""
