// Everything is there: show the counted time, and the first leader move if there is one.
readTheme();
layout();
if (run.moves.length === 0) for (const id of ["previous-move", "next-move", "watch-move"]) document.getElementById(id).disabled = true;
if (stale.length === 0) document.getElementById("next-stale").disabled = true;
setView(0, run.to);
clock.at = 0;
showFacts("Facts", ["Point at a lane or click it, and its facts stand here. A click on a stale request (✕) shows how it came to be."]);
fillStory();
listen();
draw();
document.documentElement.dataset.ready = "yes";
