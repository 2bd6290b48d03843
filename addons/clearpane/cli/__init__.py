"""The `clearpane` command: one module per verb."""
