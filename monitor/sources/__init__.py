"""Where news comes from: feeds and the pages they point to."""
