"""What a user is shown instead of the content, and its escaping."""
