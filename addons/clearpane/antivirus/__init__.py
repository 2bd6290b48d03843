"""Engines that find, and the profile that turns a finding into an action."""
