"""What is worth an alert: entities, queries, matching and its explanation. Pure."""
