# What TensorFlow's C++ writes about itself belongs into the terminal, not in red under a cell.
c = get_config()  # noqa: F821
c.IPKernelApp.capture_fd_output = False
