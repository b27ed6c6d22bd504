"""`python -m eligibility_api.cli`."""

from eligibility_api.cli import main

if __name__ == "__main__":
    main()
