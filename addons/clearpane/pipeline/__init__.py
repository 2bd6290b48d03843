"""The order of one connection and of one message; the only place that knows it."""
