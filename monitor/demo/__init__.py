"""Sample outlets on loopback: the world of `monitor demo` and of the end-to-end tests."""
