"""Curvature: second derivatives of the loss around a solution, by products, by their spectrum, and exactly."""
