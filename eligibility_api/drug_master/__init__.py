"""The drug master (医薬品マスター): reading its file, loading it, and looking drugs up."""
