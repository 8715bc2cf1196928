# FER Kit. `make` lists what there is to do; everything else installs itself when it is first needed.
#
# Which faces, where they are, how much work, what the results are called, where chance starts;
# such as: make run-all DATASET=fer2013 DATA=data/fer2013.csv PROFILE=full RUN=mine SEED=7
DATASET ?=
DATA ?=
PROFILE ?=
RUN ?=
SEED ?=
# One notebook, such as: make run NB=04
NB ?=
# Which network looks through the camera first: make camera MODEL=lenet5
MODEL ?=
# How many notebooks run side by side: as many as fit; WORKERS=1 is one after the other.
# Or on other computers: CLUSTER=tcp://host:8786; docs/cluster.md says how.
WORKERS ?=
CLUSTER ?=
# Which notebooks run: the lessons with their solutions, or NOTEBOOKS=student.
NOTEBOOKS ?=
# Who hands in: make bundle STUDENT="Ada Lovelace" ID=s1234567
STUDENT ?=
ID ?=
# What is graded, and against what: make grade SUBMISSIONS=folder LABELS=synthetic-quick
# MANUAL=points.csv is added to grades/manual.csv.
SUBMISSIONS ?=
RUBRIC ?=
LABELS ?=
MANUAL ?=
# The class list, what gradebook.csv is for (moodle, canvas), and REPORTS=1 for all reports anew.
ROSTER ?=
FORMAT ?=
REPORTS ?=
# The notebooks that were given out, if `student` has changed since: RELEASE=folder
RELEASE ?=

# The interpreter that the environment is made with; looked for where it is not given.
PYTHON ?=
# TensorFlow computes unless KERAS_BACKEND=jax was set when the environment was made.
BACKEND := $(if $(filter jax,$(KERAS_BACKEND)),jax,tensorflow)

RANGE := >=3.11,<3.14
IS_SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))

VENV := .venv
BIN := $(VENV)/bin
# What running needs, what testing needs besides, and what the site needs: each once, when needed.
INSTALLED := $(VENV)/installed-$(BACKEND)
TESTING := $(VENV)/testing-$(BACKEND)
PUBLISHING := $(VENV)/publishing-$(BACKEND)
# The edition of what computes. Where a GPU is found TensorFlow brings CUDA along; without one, on
# Linux and Windows on x86, a smaller one does. What is there already stays.
MACHINE = $(shell uname -sm)
HAS_GPU = $(shell nvidia-smi -L 2>/dev/null | head -n 1)
IS_X86 = $(if $(filter Darwin,$(MACHINE)),,$(filter x86_64 amd64,$(MACHINE)))
HAS_IT = $(shell $(BIN)/python -c "import importlib.metadata as m; m.version('tensorflow'); print(1)" 2>/dev/null)
FITTING = $(if $(HAS_GPU),gpu,$(if $(HAS_IT),tensorflow,$(if $(IS_X86),cpu,tensorflow)))
EDITION = $(if $(filter jax,$(BACKEND)),jax,$(FITTING))
# What to fetch, measured for Linux and Python 3.11; and on the disk afterwards (with CUDA: a guess).
SIZE_cpu := 550 MB, 2.3 GB on disk
SIZE_tensorflow := 850 MB, 2.9 GB on disk
SIZE_gpu := 3.7 GB, 7 GB on disk
SIZE_jax := 330 MB, 1.2 GB on disk
# JupyterLab reads what differs from its defaults here.
SETTINGS := $(VENV)/share/jupyter/lab/settings
# And every notebook's Python here.
KERNELS := $(VENV)/etc/ipython
FACES = $(if $(DATASET),--dataset "$(DATASET)") $(if $(DATA),--data "$(DATA)")
WORK = $(if $(PROFILE),--profile "$(PROFILE)") $(if $(SEED),--seed "$(SEED)")
LESSONS = $(if $(NOTEBOOKS),--notebooks "$(NOTEBOOKS)")
ABREAST = $(if $(WORKERS),--workers "$(WORKERS)") $(if $(CLUSTER),--cluster "$(CLUSTER)")
OPTIONS = $(if $(RUN),--run "$(RUN)") $(FACES) $(WORK) $(LESSONS) $(ABREAST)
WHO = $(if $(STUDENT),--name "$(STUDENT)") $(if $(ID),--id "$(ID)")
TRUTH = $(if $(RUBRIC),--rubric "$(RUBRIC)") $(if $(LABELS),--labels "$(LABELS)")
GIVEN = $(if $(MANUAL),--manual "$(MANUAL)") $(if $(RELEASE),--release "$(RELEASE)") \
	$(if $(ROSTER),--roster "$(ROSTER)")
WANTED = $(if $(FORMAT),--format "$(FORMAT)") $(if $(REPORTS),--reports)
# The run that run-all makes with the same variables.
RESULTS = $(if $(RUN),--run "$(RUN)") $(if $(DATASET),--dataset "$(DATASET)") $(WORK)

.DEFAULT_GOAL := help
.PHONY: help setup lab camera run-all run report progress bundle grade student site test lint bench clean

help: ## List what there is to do
	@echo "FER Kit: a course on facial expression recognition. Usage: make TARGET"
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile | awk -F '\t' '{ printf "  %-9s %s\n", $$1, $$2 }'
	@echo "Variables: DATASET DATA PROFILE RUN SEED WORKERS, and NB for run. They are explained in Makefile."

setup: $(INSTALLED) ## Make the environment in .venv (KERAS_BACKEND=jax: with JAX for TensorFlow)

lab: $(INSTALLED) ## Open the notebooks in JupyterLab (students: NOTEBOOKS=student)
	@mkdir -p $(SETTINGS) $(KERNELS) && cp .github/jupyterlab/*.json $(SETTINGS) \
		&& cp .github/jupyterlab/*.py $(KERNELS)
	$(BIN)/jupyter lab --LabApp.default_url="/lab/tree/$(or $(NOTEBOOKS),notebooks)"

camera: $(INSTALLED) ## Let a network look at your own face, live, on this computer: make camera MODEL=…
	$(BIN)/fer-kit camera $(MODEL) $(if $(RUN),--run "$(RUN)")

run-all: $(INSTALLED) ## Run all notebooks, side by side where they can, and write the report
	$(BIN)/fer-kit run-all $(OPTIONS)

run: $(INSTALLED) ## Run one notebook: make run NB=04
	@test -n "$(NB)" || { echo "Which notebook? Such as: make run NB=04" >&2; exit 2; }
	$(BIN)/fer-kit run "$(NB)" $(OPTIONS)

report: $(INSTALLED) ## Write the report of a run again
	$(BIN)/fer-kit report $(RESULTS)

progress: $(INSTALLED) ## Say which exercises are done, and what grading would miss
	$(BIN)/fer-kit progress $(RESULTS) $(LESSONS)

bundle: $(INSTALLED) ## Pack a run into bundle.zip, to be handed in: make bundle STUDENT="…" ID=…
	$(BIN)/fer-kit bundle $(RESULTS) $(WHO) $(LESSONS)

grade: $(INSTALLED) ## Grade a folder of bundles: make grade SUBMISSIONS=folder LABELS=synthetic-quick
	@test -n "$(SUBMISSIONS)" || { echo "Which folder? Such as: make grade SUBMISSIONS=handed-in" >&2; exit 2; }
	$(BIN)/fer-kit grade "$(SUBMISSIONS)" $(TRUTH) $(GIVEN) $(WANTED)

student: $(TESTING) ## Write the students' copies of the notebooks, without solutions
	$(BIN)/fer-kit student

site: $(PUBLISHING) ## Build the course's site from a finished run: site/index.html, and one ZIP
	$(BIN)/python docs/builder $(if $(RUN),--run "$(RUN)")

test: $(TESTING) ## Run the tests, the notebooks among them
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(TESTING) ## Check the style of the code and of the notebooks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

bench: $(TESTING) ## Measure speed: drawing, predicting, the camera, fusing, grading, DDAMFN; with DATA=fer2013.csv also loading
	$(BIN)/python benchmarks/synthetic.py
	$(BIN)/python benchmarks/prediction.py
	$(BIN)/python benchmarks/camera.py
	$(BIN)/python benchmarks/fusion.py
	$(BIN)/python benchmarks/grading.py
	$(BIN)/python benchmarks/ddamfn.py
	$(BIN)/python -c "import tf2onnx" 2>/dev/null \
		&& $(BIN)/python benchmarks/runtimes.py || echo "Runtimes: skipped; pip install -e '.[export]'"
	$(if $(DATA),$(BIN)/python benchmarks/loading.py "$(DATA)")

clean: ## Remove the environment and caches; data, models and runs stay
	@echo "Removing $(VENV), caches and build leftovers. data/, models/ and runs/ stay."
	rm -rf $(VENV) build dist fer_kit.egg-info .pytest_cache .ruff_cache
	find fer_kit tests benchmarks -name __pycache__ -prune -exec rm -rf {} +

# Install the course with these extras, in the versions that were tested.
define install
	@if command -v uv >/dev/null 2>&1; then \
		uv pip install --quiet --python $(BIN)/python -c constraints.txt -e ".[$(1)]"; \
	else \
		$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[$(1)]"; \
	fi
endef

# A stamp is written last, so that an interrupted installation starts again.
$(INSTALLED): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing the course ($(EDITION)) into $(VENV): about $(SIZE_$(EDITION)). Once; some minutes."
	$(call install,$(EDITION))
	@echo "What computes: $$(TF_CPP_MIN_LOG_LEVEL=3 $(BIN)/python -m fer_kit.course.environment 2>/dev/null | tail -n 1)"
	@touch $@

$(TESTING): $(INSTALLED)
	@echo "Installing what tests need: about 60 MB. Once."
	$(call install,dev)
	@touch $@

$(PUBLISHING): $(INSTALLED)
	@echo "Installing what the site needs: about 20 MB. Once."
	$(call install,docs)
	@touch $@

$(BIN)/python:
	@if command -v uv >/dev/null 2>&1; then \
		exec uv venv --quiet --seed --python "$(or $(PYTHON),$(RANGE))" $(VENV); \
	fi; \
	for python in "$(PYTHON)" python3 python3.13 python3.12 python3.11 python; do \
		if "$$python" -c "$(IS_SUPPORTED)" 2>/dev/null; then \
			"$$python" -m venv $(VENV) && exit; rm -rf $(VENV); exit 1; \
		fi; \
	done; \
	echo "Expected Python 3.11, 3.12 or 3.13, for which TensorFlow is made. Received: none of them." \
		"Install one, or name it: make setup PYTHON=/path/to/python3.12" >&2; \
	exit 1
