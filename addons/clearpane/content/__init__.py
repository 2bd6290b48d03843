"""What a body is: encodings, archives, file types; a Detection has no opinion."""
