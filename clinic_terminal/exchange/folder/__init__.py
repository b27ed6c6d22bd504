"""The folders of the clinic's software: `req/` is watched and answered in `res/`, each tap has its file in `face/`.

What a message means is in `exchange`; here is how files come and go. The rules of names and folders: OQS 2.2.
"""
