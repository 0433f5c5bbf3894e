// German: what the panel with an attack's steps says.
export default {
  "steps.title": "Schritt für Schritt",
  "steps.about":
    "Der Fehler bei jedem Schritt des Angriffs. Gehen Sie ihn entlang: Die Bilder oben zeigen den Schritt. ✗: erstmals getäuscht.",
  "steps.step": "Schritt",
  "steps.loss": "Fehler (Kreuzentropie)",
  "steps.chart": "Der Fehler bei jedem Schritt, von {from} bis {to}: {lines}.",
  "steps.line": "{model} von {first} bis {last}",
  "steps.at": "Schritt {step} von {steps}",
  "steps.result": "Schritt {steps}: Ergebnis",
  "steps.entry": "{model}: {label}, Fehler {loss}",
  "steps.first": "Erster Schritt",
  "steps.previous": "Einen Schritt zurück",
  "steps.next": "Einen Schritt weiter",
  "steps.last": "Das Ergebnis",
  "steps.play": "Abspielen",
  "steps.stop": "Anhalten",
  "steps.wait": "Die Schritte werden gesammelt …",
  "steps.heavy":
    "Dieser Angriff dauert etwas; seine Schritte werden gesammelt, wenn Sie es wünschen.",
  "steps.gather": "Schritte sammeln",
  "steps.none": "Dieser Angriff verrät nichts von seinen Schritten, nur sein Ergebnis.",
  "steps.one": "Ein einziger Schritt: vom Original geradewegs zum Ergebnis.",
  "steps.fooled": "erstmals getäuscht",
};
