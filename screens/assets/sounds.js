// The reader's sounds: short soft tones, never the only signal, and none while the volume is 0.
"use strict";

const TONES = { // hertz, seconds from now, seconds long
  card: [[220, 0, 0.2]],
  done: [[440, 0, 0.15], [660, 0.18, 0.25]],
  take: [[330, 0, 0.3]],
  problem: [[196, 0, 0.15], [196, 0.22, 0.15]],
  key: [[880, 0, 0.02]],
};
const TAKE_MILLISECONDS = 5000;

let loudspeaker;
let reminder;

function playSound(name) {
  const volume = Number(document.querySelector("[data-volume]")?.dataset.volume ?? 0) / 100;
  if (!volume || !TONES[name] || !window.AudioContext) return;
  loudspeaker ??= new AudioContext();
  // Before the first touch a browser may hold sounds back; unplayed ones are forgotten, not made up for.
  if (loudspeaker.state === "suspended") loudspeaker.resume().catch(() => {});
  for (const [hertz, begin, length] of TONES[name]) {
    const at = loudspeaker.currentTime + begin;
    const tone = loudspeaker.createOscillator();
    const gain = loudspeaker.createGain();
    tone.frequency.value = hertz;
    gain.gain.setValueAtTime(volume * 0.5, at);
    gain.gain.linearRampToValueAtTime(0, at + length);
    tone.connect(gain).connect(loudspeaker.destination);
    tone.start(at);
    tone.stop(at + length);
  }
}

// The sound of a screen that follows another; "take the card" is repeated until the card is out.
function soundOf(before, after, changed) {
  if (after === before && !changed) return;
  if (after !== "take" || before !== "take") {
    clearInterval(reminder);
    playSound(after);
    if (after === "take") reminder = setInterval(() => playSound("take"), TAKE_MILLISECONDS);
  }
}
