"""A run's report as a page that needs nothing from elsewhere: no script, no style, no picture of another machine."""
