"""Imported by the workers' fork server, and nowhere else: binds its life to that of the program.

Python's fork server ends when the program does only if it has no workers left, and workers end with
the fork server: after a kill -9 a busy worker would go on for ever. Here the kernel ends that chain.
"""

from monitor.workers import die_with_parent

die_with_parent()
