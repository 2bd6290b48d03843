"""The parts of `clearpane explain`: the question, what was found, and how it is told."""
