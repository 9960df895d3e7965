"""The program under kill -9: outlets that publish, channels that record, a killer, and a checker."""
