"""The patient's screen at the card reader (`/reader`).

`journey.py` has the steps of a patient as pure functions, `endings.py` the screen of every outcome, `service.py` the thread
that watches the reader and taps, `prompts.py` the questions of a tap as screens, `shelf.py` the test cards of the demo.
"""
