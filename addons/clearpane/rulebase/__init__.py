"""Decrypt or not: objects, categories, exclusions and the first rule that matches."""
