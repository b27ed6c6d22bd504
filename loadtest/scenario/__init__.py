"""The rush: patients come to the nation's facilities when they come, whether or not the fund keeps up."""
