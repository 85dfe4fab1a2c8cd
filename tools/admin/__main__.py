"""`python -m tools.admin`."""

from tools.admin import app

if __name__ == "__main__":
    app()
