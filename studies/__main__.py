"""`python -m studies` is `atlas`."""

from studies.command.app import main

if __name__ == "__main__":
    main()
