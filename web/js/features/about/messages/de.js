// German: the experiments to start from, and the explanation.
export default {
  "try.title": "Zum Ausprobieren",
  "try.step": "FGSM mit ε = 0,2: Welches Modell hält stand?",
  "try.iterate": "Dasselbe ε in zehn MIM-Schritten: Und jetzt?",
  "try.goal": "Aus einer 3 soll für das Netz eine 8 werden.",
  "try.transfer": "Alle Modelle sehen das Bild, das am normalen erzeugt wurde.",
  "about.title": "Was hier geschieht",
  "about.formula": "x′ = clip( x + ε · sign ∇ₓ L(x, y) )",
  "about.formula.alt":
    "Das angegriffene Bild ist das Original plus Epsilon mal das Vorzeichen des Gradienten der Fehlerfunktion nach dem Bild, auf die Grauskala begrenzt.",
  "about.fgsm.title": "FGSM: ein Schritt, alle Pixel",
  "about.fgsm.text":
    "Ein Netz lernt, indem es fragt, in welche Richtung es seine <i>Gewichte</i> verschieben muss, damit sein Fehler kleiner wird. Die Fast Gradient Sign Method stellt dieselbe Frage für die <i>Pixel</i> und geht den umgekehrten Weg: Jedes Pixel rückt um ε in die Richtung, die den Fehler vergrößert. Vom Gradienten zählt nur das Vorzeichen. Deshalb wirkt das Rauschen so grob: Ein Pixel wird ganz verschoben, oder es steht schon am Ende der Grauskala und kann nicht weiter.",
  "about.steps.title": "BIM und MIM: noch einmal hinsehen",
  "about.steps.text":
    "Ein Gradient stimmt nur in der Nähe. BIM macht kleinere Schritte und fragt nach jedem neu, ohne das Budget je zu überschreiten. MIM nimmt außerdem Schwung mit, damit ein einzelner irreführender Gradient es nicht umkehren lässt. Wählen Sie ein Ziel, dann laufen alle drei <i>auf</i> diese Ziffer <i>zu</i>, statt sich nur von der richtigen zu entfernen.",
  "about.epsilon.title": "Was ε bedeutet",
  "about.epsilon.text":
    "ε ist das Budget: Kein Pixel darf sich auf der Skala von 0 (schwarz) bis 1 (weiß) um mehr als ε ändern. Das begrenzt die L∞-Norm, also die größte einzelne Änderung. Wie viel vom Bild sich ändert, sagt es nicht: L0 zählt die Pixel, L2 misst alle Änderungen zusammen. ε ist eine Spielregel und kein Maß dafür, was Menschen auffällt.",
  "about.defended.title": "Warum das gemischte Modell standhält",
  "about.defended.text":
    "Beide Netze haben aus denselben 60 000 Ziffern gelernt. Das gemischt trainierte bekam dazu angegriffene Ziffern zu sehen, in jedem Trainingsschritt mit ε = 0,25 frisch gegen es selbst erzeugt, und sollte trotzdem richtig antworten. Also hat es gelernt, nach einem solchen Schritt entlang seines eigenen Gradienten richtig zu bleiben; andere Schritte stehen auf einem anderen Blatt.",
  "about.honest.title": "Was das nicht zeigt",
  "about.honest.text":
    "<b>Dass das gemischte Modell robust wäre.</b> Es hat gelernt, einem einzigen Schritt standzuhalten. Mit MIM oder einem größeren ε fällt es oft ebenfalls. Ein gescheiterter Angriff sagt nur etwas über diesen Angriff; der nächste kann stärker sein. Und bei ε = 0,25 täuscht das am normalen Modell erzeugte FGSM-Bild es auf einem Viertel der MNIST-Testziffern, sein eigenes nur auf einer von hundert: Sein Gradient hat gelernt, in die falsche Richtung zu zeigen; man nennt das Gradientenmaskierung.",
};
