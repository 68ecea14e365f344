"""How the measurements of the same names are done, apart from them because listing studies imports these."""
