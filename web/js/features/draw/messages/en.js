// English: what the drawing area says.
export default {
  "pad.label": "Drawing area",
  "pad.role": "drawing area",
  "pad.hint": "Mouse, finger, or keys: arrows move the pen, space puts it down and lifts it.",
  "pad.truth": "What each model reads in it at first counts as right.",
  "pad.clear": "Clear",
  "pad.undo": "Undo",
  "pad.down": "Pen down",
  "pad.up": "Pen up",
  "pad.cleared": "Drawing cleared",
};
