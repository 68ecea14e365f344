"""Tests: against closed forms, brute force, torch itself or a second route, never against our own output."""
