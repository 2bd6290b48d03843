"""The parts of `clearpane demo`: servers, clients, a gateway of its own, and what must come out."""
