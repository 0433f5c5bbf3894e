// German: what the "Explore a model" view says. The keys are the same in each language (tested).
export default {
  "modelView.title": "Ein Modell erkunden",
  "modelView.lead":
    "Ein einzelnes Bild beweist wenig. Hier wird jedes Testbild angegriffen, und man sieht, was aus allen wird.",
  "lab.noImages":
    "Diese Seite wurde ohne Datensatz gebaut, deshalb gibt es hier keine Testbilder. Mit SIGNFLIP_DATA oder nach tools/fetch-data gebaut, sind sie da.",
  "lab.model": "Modell",
  "lab.models": "Modelle",
  "lab.images": "Testbilder",

  "setup.steps": "{steps} Schritte",
  "setup.noBudget": "Dieser Angriff hat kein Budget: Er sucht die kleinste Änderung, die genügt.",

  "run.progress": "Fortschritt",
  "run.cancel": "Abbrechen",
  "run.preparing": "Wird vorbereitet …",
  "run.images": "{done} von {total} Bildern",
  "run.left": "noch {seconds} s",
  "run.done": "Fertig nach {seconds} s.",
  "run.started": "Gestartet. Es lässt sich abbrechen.",
  "run.cancelled": "Abgebrochen.",

  "tool.title": "Werkzeuge",
  "tool.test": "Testmenge",
  "tool.test.about":
    "Viele Testbilder angreifen und zählen: wie viele noch richtig gelesen werden und was aus den anderen wird.",

  "test.start": "{count} Testbilder angreifen",
  "test.robust": "Richtig unter Angriff",
  "test.clean": "Richtig ohne Angriff",
  "test.done": "Angegriffene Bilder",
  "test.moved": "Mediane Änderung",
  "test.made": "{attack}, auf: {model}.",
  "test.nothing": "Noch nichts angegriffen.",
  "test.turns": "Welche Klasse zu welcher wird",
  "test.none": "Hier werden die häufigsten Verwechslungen stehen.",
  "test.turn": "{label} → {predicted}: {count} ({share} der Klasse)",
  "test.matrix": "Verwechslungsmatrix",
  "test.after": "Unter Angriff",
  "test.before": "Ohne Angriff",
  "test.status": "{count} Bilder angegriffen: {robust} richtig unter Angriff, {clean} ohne.",
  "confusion.label":
    "Verwechslungsmatrix: Zeilen nach ursprünglicher, Spalten nach vorhergesagter Klasse",
  "confusion.original": "Ursprüngliche Klasse",
  "confusion.predicted": "Vorhergesagte Klasse",
  "confusion.cell": "{label} als {predicted} gelesen: {count} ({share} der Klasse)",
  "confusion.cellRight": "{label} richtig gelesen: {count} ({share} der Klasse)",
  "confusion.right": "richtig gelesen",
  "confusion.wrong": "falsch gelesen",
  "confusion.shade":
    "Je kräftiger, desto größer der Anteil an der Zeile. Ein Klick auf ein Feld zeigt seine Bilder.",
  "gallery.label": "Bilder eines Feldes",
  "gallery.title": "{label} unter Angriff als {predicted} gelesen ({count})",
  "gallery.titleRight": "{label} auch unter Angriff richtig gelesen ({count})",
  "gallery.hint":
    "Links, wie es war, rechts, wie der Angriff es hinterließ. Eines auswählen, um ihm weiter zu folgen.",
  "gallery.image": "{label}, unter Angriff als {predicted} gelesen",
  "gallery.more": "{count} weitere zeigen",
  "gallery.map": "Auf der Karte verfolgen",
  "gallery.slice": "Ringsum schauen",

  "tool.curve": "Genauigkeit über ε",
  "tool.curve.about": "Wie schnell jedes Modell fällt, wenn das Budget wächst.",
  "tool.transfer": "Übertragung",
  "tool.transfer.about":
    "Ein Bild, gemacht, um ein Modell zu täuschen: Täuscht es auch ein anderes?",
  "tool.map": "Karte",
  "tool.map.about":
    "Jedes Testbild dort, wo die letzte verborgene Schicht es sieht. Und wie ein angegriffenes Bild von einem Haufen zum anderen wandert.",
  "tool.slice": "Entscheidungsfläche",
  "tool.slice.about":
    "Was das Modell rings um ein Bild sagen würde: entlang des Gradienten und quer dazu in einer Zufallsrichtung.",

  "curve.start": "Kurven zeichnen",
  "curve.budget": "Budget (Größe der Änderung)",
  "curve.accuracy": "Genauigkeit",
  "curve.progress": "{done} von {total} Angriffen",
  "curve.linf": "ε (L∞)",
  "curve.l2": "ε (L2)",
  "curve.l0": "Pixel (L0)",
  "curve.empty": "Noch keine Kurve.",
  "curve.none": "Hier werden die Zahlen stehen.",
  "curve.summary":
    "Genauigkeit über dem Budget unter {says}. Von keinem Budget zum größten: {values}.",
  "curve.made": "{attack}, die ersten {count} Testbilder, Budget als {norm}.",
  "curve.note":
    "Ein Angriff ist eine obere Schranke: Ein stärkerer kann die Kurve nur weiter drücken. Eine Kurve, die auch mit noch so großem Budget nicht gegen 0 geht, verrät eher einen Angriff, der nicht greift, als ein Modell, das hält.",
  "curve.numbers": "Dasselbe in Zahlen",
  "curve.table": "Genauigkeit jedes Modells bei jedem Budget",
  "curve.status": "Kurven gezeichnet. Beim größten Budget: {values}.",

  "transfer.start": "Tabelle füllen",
  "transferTable.caption":
    "Genauigkeit jedes Modells auf Bildern, die auf jedem Modell gemacht wurden",
  "transferTable.crafted": "Gemacht auf",
  "transferTable.tested": "Gelesen von",
  "transferTable.clean": "kein Angriff",
  "transferTable.made":
    "{attack}, die ersten {count} Testbilder. In jedem Feld: der Anteil, der noch richtig gelesen wird.",
  "transferTable.empty": "Noch nichts angegriffen.",
  "transferTable.reading":
    "Von den Bildern, die auf „{crafted}“ gemacht wurden, liest „{tested}“ {share} falsch, ohne dass seine Gradienten je befragt wurden.",
  "transferTable.note":
    "Umrandet: jedes Modell gegen seine eigenen Gradienten (White Box). Wo fremde Bilder mehr schaden als eigene, zeigen die Gradienten des Modells in die falsche Richtung: Gradientenmaskierung.",
  "transferTable.done": "Die Tabelle ist vollständig.",

  "map.kind": "Richtungen",
  "map.lda": "Diskriminanten (LDA)",
  "map.pca": "Hauptkomponenten (PCA)",
  "map.lda.share": "dessen, was die Klassen unterscheidet",
  "map.pca.share": "der Varianz",
  "map.start": "{count} Testbilder kartieren",
  "map.empty": "Noch keine Karte.",
  "map.made":
    "{model}, {count} Testbilder. Die beiden Richtungen zeigen {first} und {second} {what}.",
  "map.note":
    "Jede kleine Zahl ist ein Testbild in der Farbe seiner Klasse, die großen stehen in der Mitte jeder Klasse. Ein Klick wählt ein Bild aus. Auf zwei Dimensionen gepresst geht vieles verloren: Nachbarn hier müssen dort keine sein.",
  "map.way": "Der Weg eines Bildes",
  "map.step": "Schritt",
  "map.play": "Abspielen",
  "map.pause": "Anhalten",
  "map.picture": "Das Bild bei diesem Schritt",
  "map.reading":
    "Schritt {step} von {last}: gelesen als {label} ({confidence}), am nächsten beim Haufen von {near}.",
  "map.summary":
    "Das angegriffene Bild wandert in {steps} Schritten vom Haufen von {from} zu dem von {to}.",
  "map.table": "Alle Schritte in Zahlen",
  "map.read": "Gelesen als",
  "map.confidence": "Wahrscheinlichkeit",
  "map.nearest": "Nächster Haufen",
  "map.status": "{count} Testbilder kartiert.",
  "chooser.image": "Testbild",
  "chooser.previous": "Voriges Bild",
  "chooser.next": "Nächstes Bild",
  "chooser.any": "Irgendeins",
  "chooser.label": "Klasse: {label}",
  "chooser.alt": "Testbild {index}, Klasse {label}",

  "slice.start": "Umschauen",
  "slice.another": "Andere Zufallsrichtung",
  "slice.role": "Entscheidungsfläche",
  "slice.progress": "{done} von {total} Punkten",
  "slice.empty": "Noch kein Schnitt.",
  "slice.made": "{model} rings um Testbild {index} (Klasse {label}), ε = {epsilon}.",
  "slice.a": "a: entlang des Vorzeichens des Gradienten →",
  "slice.b": "b: entlang zufälliger Vorzeichen →",
  "slice.legend": "Was wo gelesen wird",
  "slice.shade":
    "Je blasser, desto unsicherer. Gestrichelt: alles, was das Budget ε in dieser Ebene erlaubt. Kreuz: das Bild. Ring: sein FGSM-Bild.",
  "slice.along": "Geradeaus entlang des Gradienten",
  "slice.stretch": "a von {from} bis {to}: {label}",
  "slice.point": "a = {a}, b = {b}: gelesen als {label} ({confidence}), {inside}",
  "slice.inside": "innerhalb des Budgets",
  "slice.outside": "jenseits des Budgets",
  "slice.explain":
    "Beide Richtungen ändern jedes Pixel um denselben Betrag und stimmen so oft überein, wie sie sich unterscheiden; also bewegt sich kein Pixel um mehr als |a| + |b|, und das Budget ist eine Raute. Man vergleiche die Achsen: Entlang des Gradienten ist die nächste Klasse oft nah, quer dazu weit. Rauschen dieser Größe richtet viel weniger an als ein Angriff.",
  "slice.status": "Schnitt gezeichnet: {list}.",

  "tool.train": "Selbst verteidigen",
  "tool.train.about":
    "Hier im Browser ein kleines Netz mit ein paar tausend Bildern trainieren und sehen, was eine Verteidigung bringt und kostet.",
  "train.method": "Training",
  "train.standard": "Normal",
  "train.mixed": "Gemischt (FGSM)",
  "train.fast": "Schnell (ein Zufallsschritt)",
  "train.pgd": "PGD",
  "train.standard.about":
    "Nur saubere Bilder. Es lernt schnell, und jeder Angriff nimmt es auseinander.",
  "train.mixed.about":
    "Jeder Stapel halb sauber, halb mit einem FGSM-Schritt gegen das Netz von jetzt angegriffen (Goodfellow u. a. 2015).",
  "train.fast.about":
    "Ein Schritt von einem zufälligen Anfang, überwacht, damit es nicht lernt, seinen Gradienten zu verstecken (Wong, Rice und Kolter 2020).",
  "train.pgd.about":
    "Nur mit sieben PGD-Schritten angegriffene Bilder (Madry u. a. 2018): achtmal so viel Arbeit, und was Robustheit an sauberer Genauigkeit kostet.",
  "train.epochs": "Epochen",
  "train.epsilon": "Budget ε des Angriffs",
  "train.start": "Trainieren",
  "train.stop": "Anhalten",
  "train.continue": "Weiter",
  "train.fresh": "Neu beginnen",
  "train.empty": "Noch kein Netz.",
  "train.epoch": "Epoche",
  "train.clean": "Richtig ohne Angriff",
  "train.robust": "Richtig unter PGD",
  "train.loss": "Verlust",
  "train.progress": "{done} von {total} Bildern gelernt",
  "train.note":
    "Gemessen an {count} Testbildern, von denen es nie lernt, unter PGD mit 10 Schritten und demselben ε. Ein Bild ist ein halbes Prozent; kleines Auf und Ab ist also Zufall.",
  "train.title": "Dein Netz {number}: {method}, ε = {epsilon}",
  "train.summary": "{title}. Bisher {clean} richtig ohne Angriff, {robust} unter PGD.",
  "train.attack": "Greif es an",
  "train.download": "Herunterladen (.safetensors)",
  "train.noImages": "diese Seite hat keine Trainingsbilder",
  "train.status": "Das Training ist vorbei: {clean} richtig ohne Angriff, {robust} unter PGD.",
};
