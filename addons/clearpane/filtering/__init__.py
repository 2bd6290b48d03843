"""URL, file and data profiles: what an administrator wants done about sites, files and data."""
