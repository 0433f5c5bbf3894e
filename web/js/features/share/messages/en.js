// English: what the panel for sharing and keeping says.
export default {
  "share.title": "Share and keep",
  "share.about": "The address holds all of it: picture, attack, models. Nothing is uploaded.",
  "share.link": "Copy link",
  "share.png": "Figure (PNG)",
  "share.csv": "Results (CSV)",
  "share.json": "Experiment (JSON)",
  "share.link.about": "The address of exactly what is shown",
  "share.png.about": "The pictures, verdicts and norms of every model shown",
  "share.csv.about": "One row for each model, with every probability",
  "share.json.about":
    "For the command line: signflip evaluate --experiment FILE repeats it on a whole test set",
  "share.copied": "The link is copied.",
  "share.field": "The link, to copy by hand",
  "share.saved": "{file} is saved.",
  "share.nothing": "There is no result to keep yet.",
  "share.failed": "That did not work: {detail}",
  "figure.norms": "L∞ {linf}   L2 {l2}   L0 {l0}",
  "figure.smallest": "Smallest ε found: {epsilon}",
  "figure.scale": "Perturbation: full colour is ±{scale} (amplified ×{factor})",
  "figure.step": "step {step}",
};
