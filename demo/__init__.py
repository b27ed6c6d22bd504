"""The organisations side by side on one machine, and the story that `make demo` tells. Imports none of them."""
