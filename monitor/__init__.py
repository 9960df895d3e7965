"""A regional news monitor whose alerts and digests can be cited."""

__version__ = "0.1.0"
