"""Running the lessons and what comes of it: records, report, bundle. No lesson reads this room."""
