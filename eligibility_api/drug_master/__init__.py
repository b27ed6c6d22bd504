"""The drug master (医薬品マスター): its file, loading it, and a cache for looking drugs up."""
