"""Paths between solutions in weight space: what lies in between, units brought into line, curves that go around."""
