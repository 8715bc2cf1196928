"""The instructor's side: grading bundles without running anything that is in them.

| file | what it does |
| --- | --- |
| `rubric.py` | reads rubric.toml |
| `archive.py` | opens a student's ZIP file with suspicion |
| `results.py` | recomputes what the predictions are worth |
| `lessons.py` | compares notebooks with the released ones |
| `doubts.py` | finds what cannot be |
| `alike.py` | finds bundles that are too alike |
| `grade.py` | puts it together for hundreds of bundles |
| `pages.py` | gradebook.csv, feedback, overview |
| `sandbox.py`, `inside.py` | `--rerun`: execute a submission where it can do no harm |
"""
