"""The instructor's side: grading bundles without running anything that is in them.

What students need of it, too, is in `course/`: `rubric.py`, `limits.py`, and `compare.py`, which
lays a notebook beside the released one.

| file | what it does |
| --- | --- |
| `archive.py` | opens a student's ZIP file with suspicion |
| `results.py` | recomputes what the predictions are worth |
| `doubts.py` | finds what cannot be |
| `alike.py` | finds bundles that are too alike |
| `grade.py` | puts it together for hundreds of bundles |
| `pages.py` | gradebook.csv, feedback, overview |
| `sandbox.py`, `inside.py` | `--rerun`: execute a submission where it can do no harm |
"""
