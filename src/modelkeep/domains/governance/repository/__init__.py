"""Governance within one transaction."""
