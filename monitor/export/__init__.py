"""Data and citations: what a researcher takes away."""
