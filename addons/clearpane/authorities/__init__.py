"""Whom we play: the Forward Trust and Forward Untrust authorities and the leaves they sign."""
