"""One Session per connection, the table that holds them, and the counters."""
