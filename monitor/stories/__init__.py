"""What belongs together: copies of one report, and how many independent origins it has. Pure."""
