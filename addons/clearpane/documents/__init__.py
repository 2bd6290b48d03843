"""YAML documents with line and column, typed readers and the nearest right key."""
