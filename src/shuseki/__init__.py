"""Industrial agglomerations, from establishment records to policy."""
