"""rules/ and ca/ together: references checked, all problems at once."""
