"""SQL over a catalog: one query that only reads, and names only what there is."""
