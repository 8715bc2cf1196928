// The camera's page: take a frame, ask Python, show both, take the next one.
// Nothing is loaded from elsewhere, nothing is kept.

const $ = (id) => document.getElementById(id);
const SECONDS = 10; // of the line below the picture
const SIDES = { film: 640, picture: 1280 }; // pixels: larger frames are shrunk to this
const CALM = 4000; // milliseconds between two announcements to a screen reader

const CAMERA_PROBLEMS = {
  NotAllowedError: "The camera was not allowed. Allow it beside the page’s address, then try again; or open a picture or a video.",
  NotFoundError: "No camera was found. Connect one, then try again; or open a picture or a video.",
  NotReadableError: "The camera is in use by another program. Close that program, then try again.",
};
const LOST = "The connection to fer-kit camera was lost: it was ended, or the computer slept. If it still runs, try again; else start it anew and open the address that it prints then.";
const TOO_LARGE = 1009; // why a socket is closed

// ---- Asking: every question has one answer, and answers come in the order of the questions.

let socket;
let waiting = [];

function answered() {
  return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
}

function ask(question) {
  if (socket.readyState !== WebSocket.OPEN) throw new Error(LOST);
  socket.send(question instanceof Blob ? question : JSON.stringify(question));
  return answered();
}

async function connect() {
  socket = new WebSocket(new URL("socket", location).href.replace(/^http/, "ws"));
  waiting = [];
  socket.onmessage = (message) => {
    const said = JSON.parse(message.data);
    const { resolve, reject } = waiting.shift();
    if (said.error) reject(new Error(said.error));
    else resolve(said);
  };
  socket.onclose = (event) => {
    const told = event.code === TOO_LARGE ? "A frame was too large for Python to take." : LOST;
    if ($("error").hidden) fail(told);
    waiting.forEach(({ reject }) => reject(new Error(told)));
  };
  try {
    const about = await answered();
    $("route").textContent = about.route;
    offer(about);
    for (const id of ["start", "file", "models"]) $(id).disabled = false;
  } catch (error) {
    fail(error.message);
  }
}

// ---- Where frames come from: the camera, a video file, or a single picture.

const film = $("film");
const frame = document.createElement("canvas"); // what is sent
let source = null; // the film, or a picture
let isMirrored = false;
let turn = 0; // each start, pause and end has a number of its own, which ends the loop before

async function startCamera() {
  let stream;
  try {
    if (!navigator.mediaDevices) throw new DOMException("", "NotAllowedError");
    const wanted = { width: { ideal: 640 }, height: { ideal: 480 }, facingMode: "user" };
    stream = await navigator.mediaDevices.getUserMedia({ video: wanted });
  } catch (error) {
    fail(CAMERA_PROBLEMS[error.name] ?? `The camera cannot be used: ${error.message}.`);
    return;
  }
  film.srcObject = stream;
  stream.getVideoTracks()[0].onended = () => fail("The camera was disconnected.");
  await begin(film, true);
}

async function openFile(file) {
  release();
  const address = URL.createObjectURL(file);
  const cannot = `${file.name} cannot be shown here. Take a picture (JPEG, PNG) or a video (MP4, WebM).`;
  if (file.type.startsWith("image/")) {
    const picture = new Image();
    picture.src = address;
    try {
      await picture.decode();
    } catch {
      return fail(cannot);
    }
    return begin(picture, false);
  }
  film.src = address;
  film.onerror = () => film.getAttribute("src") && fail(cannot);
  await begin(film, false);
}

async function begin(from, mirrored) {
  source = from;
  isMirrored = mirrored;
  show("looking");
  history = [];
  await resume();
}

async function resume() {
  hideError();
  const mine = ++turn;
  $("pause").textContent = "Pause";
  $("pause").hidden = source !== film;
  try {
    await ask({ begin: source === film ? "film" : "picture" });
    if (source === film) {
      await film.play();
      await watch(mine);
    } else {
      tell(await look(), null);
    }
  } catch (error) {
    if (mine === turn) fail(error.message);
  }
}

// From frame to frame, one at a time.
async function watch(mine) {
  let next = newFrame();
  while (mine === turn) {
    await next;
    next = newFrame(); // before asking: one that comes meanwhile is taken at once afterwards
    const asked = performance.now();
    const faces = await look();
    if (mine === turn) tell(faces, performance.now() - asked);
  }
}

function newFrame() {
  return new Promise((resolve) => {
    if (film.requestVideoFrameCallback) film.requestVideoFrameCallback(resolve);
    else requestAnimationFrame(resolve);
  });
}

async function look() {
  const width = source.videoWidth ?? source.naturalWidth;
  const height = source.videoHeight ?? source.naturalHeight;
  const side = SIDES[source === film ? "film" : "picture"];
  const shrink = Math.min(1, side / Math.max(width, height));
  frame.width = Math.max(1, Math.round(width * shrink));
  frame.height = Math.max(1, Math.round(height * shrink));
  frame.getContext("2d").drawImage(source, 0, 0, frame.width, frame.height);
  const jpeg = await new Promise((done) => frame.toBlob(done, "image/jpeg", 0.92));
  return (await ask(jpeg)).faces;
}

function pause() {
  turn++;
  film.pause();
  $("pause").textContent = "Go on";
}

function isPaused() {
  return $("pause").textContent !== "Pause";
}

function release() {
  turn++;
  film.srcObject?.getTracks().forEach((track) => track.stop());
  film.srcObject = null;
  film.removeAttribute("src");
  source = null;
}

// ---- What is shown.

let chosen = []; // the networks that are asked: name, emotions, about, unsure_below
let selected = null; // the number of the face that is shown in full
let boxes = new Map(); // the button around each face, by its number
let history = []; // of the selected face: { time, answers }
let latest = []; // the faces of the last frame
let times = []; // of the last frames: { at, took }

function show(part) {
  $("before").hidden = part !== "before";
  for (const id of ["looking", "said"]) $(id).hidden = part === "before";
  $("steadiness").hidden = part === "before" || source !== film;
  $(part === "before" ? "start" : "pause").focus();
}

function fail(sentence) {
  turn++;
  $("error").hidden = false;
  $("error").firstElementChild.textContent = sentence;
  if (source === film && film.srcObject) pause();
}

function hideError() {
  $("error").hidden = true;
}

function tell(faces, took) {
  const now = performance.now();
  latest = faces;
  if (!faces.some((face) => face.number === selected)) selected = faces[0]?.number ?? null;
  draw(faces);
  const face = faces.find((one) => one.number === selected);
  tellAnswers(face?.answers);
  tellSpeed(now, took);
  history = history.filter((moment) => moment.time > now - 1000 * SECONDS);
  history.push({ time: now, answers: face?.answers });
  if (source === film) drawLine(now);
}

// The frame that was asked about, with a button around each face.
function draw(faces) {
  const canvas = $("frame");
  canvas.width = frame.width;
  canvas.height = frame.height;
  const pen = canvas.getContext("2d");
  if (isMirrored) pen.setTransform(-1, 0, 0, 1, frame.width, 0);
  pen.drawImage(frame, 0, 0);
  for (const [number, button] of boxes) {
    if (faces.some((face) => face.number === number)) continue;
    button.remove();
    boxes.delete(number);
  }
  for (const face of faces) {
    if (!boxes.has(face.number)) boxes.set(face.number, newBox(face.number));
    place(boxes.get(face.number), face);
  }
  fit();
}

function newBox(number) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "face";
  button.append(document.createElement("span"));
  button.onclick = () => {
    selected = number;
    history = [];
    tell(latest, null);
  };
  $("faces").append(button);
  return button;
}

function place(button, { number, box, answers }) {
  const [x, y, width, height] = box;
  const left = isMirrored ? frame.width - x - width : x;
  button.style.left = `${(100 * left) / frame.width}%`;
  button.style.top = `${(100 * y) / frame.height}%`;
  button.style.width = `${(100 * width) / frame.width}%`;
  button.style.height = `${(100 * height) / frame.height}%`;
  button.classList.toggle("low", y < 0.09 * frame.height); // no room above for the words
  button.classList.toggle("right", left > frame.width / 2);
  button.classList.toggle("unsure", answers.some(isUnsure));
  button.setAttribute("aria-pressed", number === selected);
  const emotions = [...new Set(answers.map((answer) => answer.emotion))];
  const words = answers.length > 1 ? emotions.join(" or ") : caption(answers[0]);
  button.firstElementChild.textContent = `${number}  ${words}`;
}

// The buttons lie over the picture, which may be narrower than its place.
function fit() {
  const canvas = $("frame");
  const scale = Math.min(canvas.clientWidth / canvas.width, canvas.clientHeight / canvas.height);
  $("faces").style.width = `${canvas.width * scale}px`;
  $("faces").style.height = `${canvas.height * scale}px`;
}

const percent = (share) => `${Math.round(100 * share)}\u00a0%`; // with a space that never breaks
const caption = (answer) => `${isUnsure(answer) ? "unsure: " : ""}${answer.emotion} ${percent(answer.probability)}`;
const isUnsure = (answer) => answer.note.includes("unsure");
const colour = (emotion) => `var(--${emotion}, var(--neutral))`;

function second(answer) {
  const others = Object.entries(answer.probabilities).filter(([name]) => name !== answer.emotion);
  return others.reduce((best, one) => (one[1] > best[1] ? one : best));
}

function tellAnswers(answers) {
  $("said-title").textContent = answers && latest.length > 1 ? `Answer for face ${selected}` : "Answer";
  chosen.forEach((network, index) => {
    const card = $("answer").children[index];
    const answer = answers?.[index];
    const [name, best, then, note] = card.children;
    name.textContent = chosen.length > 1 ? network.name : "";
    say(best, answer ? [answer.emotion, percent(answer.probability)] : ["no face"]);
    say(then, answer ? [`then ${second(answer)[0]}`, percent(second(answer)[1])] : []);
    note.textContent = answer?.note ?? "";
    card.dataset.emotion = answer?.emotion ?? "";
    card.classList.toggle("unsure", Boolean(answer) && isUnsure(answer));
  });
  for (const row of $("bars").querySelectorAll("[data-emotion]")) {
    const emotion = row.dataset.emotion;
    chosen.forEach((network, index) => {
      const share = answers?.[index].probabilities[emotion];
      const cell = row.cells[index + 1];
      cell.classList.toggle("best", answers?.[index].emotion === emotion);
      const [bar, number] = cell.firstElementChild.children;
      bar.style.width = `${100 * (share ?? 0)}%`;
      number.textContent = share === undefined ? "–" : percent(share);
    });
  }
}

function say(place, parts) {
  place.replaceChildren(...lines("span", parts).flatMap((part) => [part, " "]));
}

// Cards and bars for the networks that are asked.
function lay(networks) {
  chosen = networks;
  $("answer").className = networks.length > 1 ? "several" : "";
  $("answer").replaceChildren(...networks.map(() => {
    const card = document.createElement("div");
    card.append(...["small", "strong", "span", "em"].map((tag) => document.createElement(tag)));
    return card;
  }));
  const emotions = [...new Set(networks.flatMap((network) => network.emotions))];
  const head = document.createElement("tr");
  head.append(document.createElement("td"), ...lines("th", networks.map((network) => network.name)));
  head.hidden = networks.length === 1;
  $("bars").replaceChildren(head, ...emotions.map((emotion) => {
    const row = document.createElement("tr");
    row.dataset.emotion = emotion;
    const name = document.createElement("th");
    name.scope = "row";
    name.textContent = emotion;
    row.append(name);
    for (const network of networks) {
      const bar = document.createElement("span");
      bar.className = "bar";
      bar.append(document.createElement("i"), document.createElement("b"));
      bar.firstElementChild.style.background = colour(emotion);
      row.insertCell().append(bar);
    }
    return row;
  }));
  const about = networks.map(({ about, limits }) => about.replace(limits, ""));
  const limits = new Set(networks.map((network) => network.limits));
  $("about").replaceChildren(...lines("p", [...about, ...limits]));
  history = [];
}

function tellSpeed(now, took) {
  if (took === null) {
    $("fps").textContent = "";
    return;
  }
  times = [...times, { at: now, took }].filter((one) => one.at > now - 1000);
  const sorted = times.map((one) => one.took).sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  $("fps").textContent = `${times.length} frames/s · ${Math.round(median)} ms`;
}

// ---- The line: how sure each network was of its answer, and below it which answer that was.

const LANE = { line: 76, ribbon: 24, gap: 26, left: 48 };

function drawLine(now) {
  const canvas = $("line");
  const height = chosen.length * (LANE.line + LANE.ribbon + LANE.gap);
  const scale = window.devicePixelRatio;
  canvas.style.height = `${height}px`;
  canvas.width = canvas.clientWidth * scale;
  canvas.height = height * scale;
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  const style = getComputedStyle(canvas);
  chosen.forEach((network, index) => {
    pen.save();
    pen.translate(0, index * (LANE.line + LANE.ribbon + LANE.gap));
    drawLane(pen, network, index, now, canvas.clientWidth, (name) => style.getPropertyValue(`--${name}`));
    pen.restore();
  });
}

function drawLane(pen, network, index, now, width, ink) {
  const x = (time) => LANE.left + (width - LANE.left) * (1 - (now - time) / (1000 * SECONDS));
  const y = (share) => LANE.line - (LANE.line - 8) * share;
  pen.font = "12px system-ui, sans-serif";
  pen.textBaseline = "middle";
  for (const share of network.unsure_below ? [0, 1] : [0, 0.5, 1]) {
    rule(pen, LANE.left, width, y(share), ink("line"));
    pen.fillStyle = ink("quiet");
    pen.textAlign = "right";
    pen.fillText(percent(share), LANE.left - 6, y(share) - (share === 0 ? 5 : 0));
  }
  if (network.unsure_below) {
    pen.setLineDash([2, 4]);
    rule(pen, LANE.left, width, y(network.unsure_below), ink("text"));
    pen.setLineDash([]);
    pen.fillText("unsure", LANE.left - 6, y(network.unsure_below));
  }
  const moments = history.map(({ time, answers }) => ({ time, answer: answers?.[index] }));
  pen.strokeStyle = ink("text");
  pen.lineWidth = 2;
  pen.lineJoin = "round";
  pen.beginPath();
  moments.forEach(({ time, answer }, at) => {
    if (!answer) return;
    const follows = at > 0 && moments[at - 1].answer && time - moments[at - 1].time < 500;
    pen[follows ? "lineTo" : "moveTo"](x(time), y(answer.probability));
  });
  pen.stroke();
  drawRibbon(pen, stretches(moments), x, ink);
  pen.fillStyle = ink("quiet");
  pen.textAlign = "left";
  const under = LANE.line + LANE.ribbon + 13;
  pen.fillText(chosen.length > 1 ? network.name : `${SECONDS} seconds ago`, LANE.left, under);
  pen.textAlign = "right";
  pen.fillText("now", width, under);
}

function rule(pen, from, to, y, ink) {
  pen.strokeStyle = ink;
  pen.lineWidth = 1;
  pen.beginPath();
  pen.moveTo(from, Math.round(y) + 0.5);
  pen.lineTo(to, Math.round(y) + 0.5);
  pen.stroke();
}

// One block for each stretch of the same answer, with its name, or two letters of it, if there is room.
function drawRibbon(pen, stretches, x, ink) {
  pen.textAlign = "center";
  for (const { emotion, from, to } of stretches) {
    const [left, right] = [Math.max(x(from), LANE.left), x(to)];
    pen.globalAlpha = 0.45;
    pen.fillStyle = ink(emotion) || ink("neutral");
    pen.fillRect(left, LANE.line + 2, right - left, LANE.ribbon - 4);
    pen.globalAlpha = 1;
    pen.fillStyle = ink("text");
    pen.fillRect(left, LANE.line + 2, 1, LANE.ribbon - 4);
    const fits = (text) => pen.measureText(text).width + 6 < right - left;
    const name = [emotion, emotion.slice(0, 2)].find(fits) ?? "";
    pen.fillText(name, (left + right) / 2, LANE.line + LANE.ribbon / 2);
  }
}

function stretches(moments) {
  const found = [];
  for (const { time, answer } of moments) {
    const last = found.at(-1);
    const goesOn = last && time - last.to < 500;
    if (goesOn) last.to = time;
    if (answer && !(goesOn && last.emotion === answer.emotion)) {
      found.push({ emotion: answer.emotion, from: time, to: time });
    }
  }
  return found;
}

// In words, once a second: how often which answer, and how often it changed.
function tellSteadiness() {
  const told = source !== film ? [] : chosen.map((network, index) => {
    const moments = history.filter((one) => one.answers).map(({ time, answers }) => ({ time, answer: answers[index] }));
    if (!moments.length) return "No face.";
    const counts = new Map();
    for (const { answer } of moments) counts.set(answer.emotion, (counts.get(answer.emotion) ?? 0) + 1);
    const often = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 2);
    const shares = often.map(([name, count]) => `${name} in ${percent(count / moments.length)}`).join(", ");
    const changes = moments.filter(({ answer }, at) => at > 0 && answer.emotion !== moments[at - 1].answer.emotion).length;
    const who = chosen.length > 1 ? `${network.name}: ` : "";
    const changed = ["never changed", "changed once"][changes] ?? `changed ${changes} times`;
    return `${who}${shares} of the frames; the answer ${changed}.`;
  });
  $("steady").replaceChildren(...lines("li", told));
}

function lines(tag, texts) {
  return texts.map((text) => {
    const line = document.createElement(tag);
    line.textContent = text;
    return line;
  });
}

// For a screen reader: calmly, and only what has changed and stayed.
function announce() {
  if (!source || isPaused()) return;
  const answers = latest.find((face) => face.number === selected)?.answers;
  const words = answers?.map((answer) => `${isUnsure(answer) ? "unsure, " : ""}${answer.emotion}, then ${second(answer)[0]}`).join("; ") ?? "no face";
  if ($("announcement").textContent !== words) $("announcement").textContent = words;
}

// ---- Which networks are asked.

function offer({ offered, left_out, side_by_side, chosen }) {
  const names = chosen.map((network) => network.name);
  $("offered").replaceChildren(...Object.entries(offered).map(([name, learned]) => {
    const label = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.value = name;
    box.checked = names.includes(name);
    const words = document.createElement("span");
    const about = document.createElement("small");
    about.textContent = learned;
    words.append(name, about);
    label.append(box, words);
    return label;
  }));
  const why = Object.entries(left_out).map(([name, reason]) => `${name} ${reason}.`);
  const [summary, reasons] = $("left-out").children;
  summary.textContent = `${why.length} not offered`;
  reasons.replaceChildren(...lines("li", why));
  $("left-out").hidden = why.length === 0;
  $("status").textContent = `up to ${side_by_side} side by side`;
  $("models").onchange = () => choose(side_by_side);
  lay(chosen);
}

async function choose(most) {
  const names = [...$("offered").querySelectorAll(":checked")].map((box) => box.value);
  const before = chosen;
  if (names.length > 0 && names.length <= most) {
    const box = document.activeElement; // which the keyboard is on; disabled, it would lose it
    $("models").disabled = true;
    $("status").textContent = "loading; Keras takes some seconds …";
    try {
      const goesOn = source && !isPaused();
      turn++;
      lay((await ask({ choose: names })).chosen);
      if (goesOn) resume();
    } catch (error) {
      fail(error.message);
    }
    $("models").disabled = false;
    box.focus();
  }
  $("status").textContent = `up to ${most} side by side`;
  const kept = (chosen.length ? chosen : before).map((network) => network.name);
  for (const box of $("offered").querySelectorAll("input")) box.checked = kept.includes(box.value);
}

// ---- What may be pressed.

$("start").onclick = () => {
  hideError();
  startCamera();
};
$("file").onchange = () => {
  const [file] = $("file").files;
  $("file").value = "";
  hideError();
  if (file) openFile(file);
};
$("pause").onclick = () => (isPaused() ? resume() : pause());
$("stop").onclick = () => {
  release();
  show("before");
};
$("again").onclick = () => {
  hideError();
  if (socket.readyState > WebSocket.OPEN) connect();
  else if (source) resume();
  else startCamera();
};
document.onkeydown = (event) => {
  if (event.key !== " " || event.target.closest("button, input, label") || !source) return;
  event.preventDefault();
  $("pause").click();
};
window.onresize = fit;
window.onpagehide = () => {
  release();
  socket.close();
};
setInterval(tellSteadiness, 1000);
setInterval(announce, CALM);
connect();
