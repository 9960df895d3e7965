"""The only SQL: schema (migrations), store (writes), queries (reads)."""
