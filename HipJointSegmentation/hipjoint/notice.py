"""The notice that every result carries."""

NOTICE = "For research only. Not a medical device."
