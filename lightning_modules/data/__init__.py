"""Data sets, their four-way split and their preprocessing; one data set a file."""
