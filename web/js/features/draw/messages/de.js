// German: what the drawing area says.
export default {
  "pad.label": "Zeichenfläche",
  "pad.role": "Zeichenfläche",
  "pad.hint":
    "Mit Maus, Finger oder Tasten: Pfeile bewegen den Stift, die Leertaste setzt ihn auf und hebt ihn ab.",
  "pad.truth": "Als richtig gilt, was jedes Modell zuerst darin liest.",
  "pad.clear": "Löschen",
  "pad.undo": "Zurück",
  "pad.down": "Stift aufgesetzt",
  "pad.up": "Stift abgehoben",
  "pad.cleared": "Zeichnung gelöscht",
};
