"""The live page: your own network looks at your own face, and nobody else does (lesson 11).

`fer-kit camera` serves it on this computer alone, and lesson 11 shows it in the notebook. The page
(`camera.html`, `camera.js`, `camera.css`) takes a frame from the camera, sends it to Python, waits
for the answer, shows both, and takes the next one. `session` is what is asked and followed,
`server` how page and Python meet, `place` whether this is the reader's own computer.
"""

from fer_kit.camera.server import LivePage

__all__ = ["LivePage"]
