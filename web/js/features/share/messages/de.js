// German: what the panel for sharing and keeping says.
export default {
  "share.title": "Teilen und behalten",
  "share.about": "Die Adresse enthält alles: Bild, Angriff, Modelle. Nichts wird hochgeladen.",
  "share.link": "Link kopieren",
  "share.png": "Abbildung (PNG)",
  "share.csv": "Ergebnisse (CSV)",
  "share.json": "Experiment (JSON)",
  "share.link.about": "Die Adresse genau dessen, was zu sehen ist",
  "share.png.about": "Bilder, Urteile und Normen aller gezeigten Modelle",
  "share.csv.about": "Eine Zeile für jedes Modell, mit allen Wahrscheinlichkeiten",
  "share.json.about":
    "Für die Kommandozeile: signflip evaluate --experiment DATEI wiederholt es an einer ganzen Testmenge",
  "share.copied": "Der Link ist kopiert.",
  "share.field": "Der Link zum Kopieren von Hand",
  "share.saved": "{file} ist gespeichert.",
  "share.nothing": "Noch gibt es kein Ergebnis zu behalten.",
  "share.failed": "Das ging nicht: {detail}",
  "figure.norms": "L∞ {linf}   L2 {l2}   L0 {l0}",
  "figure.smallest": "Kleinstes gefundenes ε: {epsilon}",
  "figure.scale": "Störung: volle Farbe heißt ±{scale} ({factor}-fach verstärkt)",
  "figure.step": "Schritt {step}",
};
