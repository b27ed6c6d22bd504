"""The patient's own pages (わたしの医療保険), for a phone's browser: HTML on `screens/`, served by the API workers."""
