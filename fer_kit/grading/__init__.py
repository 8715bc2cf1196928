"""The instructor's side: grading what was handed in without running anything of it.

What students need of it, too, is in `course/`: `rubric.py`, `limits.py`, and `compare.py`, which
lays a notebook beside the released one.

| file | what it does |
| --- | --- |
| `grade.py` | all together: checks what was given, grades everything, writes everything |
| `measure.py` | what is graded against: rubric, labels, the notebooks that were given out |
| `handed_in.py` | finds what was handed in |
| `safely.py`, `bounds.py` | one hand-in, whatever is wrong with it; how long it may take |
| `archive.py`, `told.py` | opens a student's ZIP file with suspicion; what it says of itself |
| `submission.py` | one submission: from the bundle to a record of what is in it |
| `results.py` | recomputes what the predictions are worth |
| `doubts.py`, `alike.py` | what cannot be; who is too much alike |
| `graded.py` | what is known of a submission: record, attempt, points |
| `tables.py`, `csvs.py`, `plain.py` | reading and writing tables; texts of strangers |
| `labels.py`, `manual.py`, `roster.py` | the instructor's labels, points, class list |
| `gradebook.py`, `pages.py`, `reports.py` | what is written |
| `rerun.py` | `--rerun`: executes a submission again, with the instructor's checks |
| `sandbox.py`, `walls.py` | runs a program where it can do no harm; how it is shut in |
| `inside.py` | what runs in the sandbox: executes notebooks |
"""
