"""How the values of a trial are proposed."""
