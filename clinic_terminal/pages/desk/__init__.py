"""What the reception sees: today's visits, their details, and what is asked at the desk."""
