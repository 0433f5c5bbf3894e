// The course as data: its lessons in their order, the sources that they cite, and what the frame of each page says.
// The build reads it (tools/lib/course/pages.mjs), pages do not.

/** A lesson is a folder of this one, with en.html, de.html and notes.en.html, notes.de.html. */
export const lessons = [
  "1-what-it-sees",
  "2-one-step",
  "3-many-steps",
  "4-how-far",
  "5-hardening",
  "6-proofs",
];

/** Pages beside the lessons, from a file of their own in each language. */
export const extras = ["experiments"];

/** What is cited: the text, and the DOI. @type {Record<string, {text: string, doi: string}>} */
export const references = {
  szegedy2014: {
    text: "C. Szegedy, W. Zaremba, I. Sutskever, J. Bruna, D. Erhan, I. Goodfellow, R. Fergus: Intriguing properties of neural networks. ICLR 2014.",
    doi: "10.48550/arXiv.1312.6199",
  },
  biggio2013: {
    text: "B. Biggio, I. Corona, D. Maiorca, B. Nelson, N. Šrndić, P. Laskov, G. Giacinto, F. Roli: Evasion attacks against machine learning at test time. ECML PKDD 2013.",
    doi: "10.1007/978-3-642-40994-3_25",
  },
  lecun1998: {
    text: "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-based learning applied to document recognition. Proceedings of the IEEE 86, 1998.",
    doi: "10.1109/5.726791",
  },
  goodfellow2015: {
    text: "I. Goodfellow, J. Shlens, C. Szegedy: Explaining and harnessing adversarial examples. ICLR 2015.",
    doi: "10.48550/arXiv.1412.6572",
  },
  ford2019: {
    text: "N. Ford, J. Gilmer, N. Carlini, E. D. Cubuk: Adversarial examples are a natural consequence of test error in noise. ICML 2019.",
    doi: "10.48550/arXiv.1901.10513",
  },
  kurakin2017: {
    text: "A. Kurakin, I. Goodfellow, S. Bengio: Adversarial examples in the physical world. ICLR 2017 Workshop.",
    doi: "10.48550/arXiv.1607.02533",
  },
  dong2018: {
    text: "Y. Dong, F. Liao, T. Pang, H. Su, J. Zhu, X. Hu, J. Li: Boosting adversarial attacks with momentum. CVPR 2018.",
    doi: "10.1109/CVPR.2018.00957",
  },
  madry2018: {
    text: "A. Madry, A. Makelov, L. Schmidt, D. Tsipras, A. Vladu: Towards deep learning models resistant to adversarial attacks. ICLR 2018.",
    doi: "10.48550/arXiv.1706.06083",
  },
  zhang2019: {
    text: "H. Zhang, Y. Yu, J. Jiao, E. P. Xing, L. El Ghaoui, M. I. Jordan: Theoretically principled trade-off between robustness and accuracy. ICML 2019.",
    doi: "10.48550/arXiv.1901.08573",
  },
  papernot2017: {
    text: "N. Papernot, P. McDaniel, I. Goodfellow, S. Jha, Z. B. Celik, A. Swami: Practical black-box attacks against machine learning. ASIA CCS 2017.",
    doi: "10.1145/3052973.3053009",
  },
  moosavi2016: {
    text: "S.-M. Moosavi-Dezfooli, A. Fawzi, P. Frossard: DeepFool: a simple and accurate method to fool deep neural networks. CVPR 2016.",
    doi: "10.1109/CVPR.2016.282",
  },
  carlini2017: {
    text: "N. Carlini, D. Wagner: Towards evaluating the robustness of neural networks. IEEE S&P 2017.",
    doi: "10.1109/SP.2017.49",
  },
  papernot2016: {
    text: "N. Papernot, P. McDaniel, S. Jha, M. Fredrikson, Z. B. Celik, A. Swami: The limitations of deep learning in adversarial settings. IEEE EuroS&P 2016.",
    doi: "10.1109/EuroSP.2016.36",
  },
  tramer2018: {
    text: "F. Tramèr, A. Kurakin, N. Papernot, I. Goodfellow, D. Boneh, P. McDaniel: Ensemble adversarial training: attacks and defenses. ICLR 2018.",
    doi: "10.48550/arXiv.1705.07204",
  },
  athalye2018: {
    text: "A. Athalye, N. Carlini, D. Wagner: Obfuscated gradients give a false sense of security: circumventing defenses to adversarial examples. ICML 2018.",
    doi: "10.48550/arXiv.1802.00420",
  },
  andriushchenko2020: {
    text: "M. Andriushchenko, F. Croce, N. Flammarion, M. Hein: Square Attack: a query-efficient black-box adversarial attack via random search. ECCV 2020.",
    doi: "10.1007/978-3-030-58592-1_29",
  },
  croce2020: {
    text: "F. Croce, M. Hein: Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free attacks. ICML 2020.",
    doi: "10.48550/arXiv.2003.01690",
  },
  tramer2020: {
    text: "F. Tramèr, N. Carlini, W. Brendel, A. Mądry: On adaptive attacks to adversarial example defenses. NeurIPS 2020.",
    doi: "10.48550/arXiv.2002.08347",
  },
  gowal2019: {
    text: "S. Gowal, K. Dvijotham, R. Stanforth, R. Bunel, C. Qin, J. Uesato, R. Arandjelović, T. Mann, P. Kohli: Scalable verified training for provably robust image classification. ICCV 2019.",
    doi: "10.1109/ICCV.2019.00494",
  },
  katz2017: {
    text: "G. Katz, C. Barrett, D. L. Dill, K. Julian, M. J. Kochenderfer: Reluplex: an efficient SMT solver for verifying deep neural networks. CAV 2017.",
    doi: "10.1007/978-3-319-63387-9_5",
  },
  wong2018: {
    text: "E. Wong, J. Z. Kolter: Provable defenses against adversarial examples via the convex outer adversarial polytope. ICML 2018.",
    doi: "10.48550/arXiv.1711.00851",
  },
  gowal2018: {
    text: "S. Gowal, K. Dvijotham, R. Stanforth, R. Bunel, C. Qin, J. Uesato, R. Arandjelović, T. Mann, P. Kohli: On the effectiveness of interval bound propagation for training verifiably robust models. 2018.",
    doi: "10.48550/arXiv.1810.12715",
  },
  tsipras2019: {
    text: "D. Tsipras, S. Santurkar, L. Engstrom, A. Turner, A. Madry: Robustness may be at odds with accuracy. ICLR 2019.",
    doi: "10.48550/arXiv.1805.12152",
  },
};

/** What the frame of a page says. */
export const frame = {
  en: {
    course: "Signflip: the course",
    lead: "Six lessons on adversarial examples, with a real network in your browser. Each takes a quarter of an hour and asks you to predict before it shows.",
    contents: "Lessons",
    lesson: "Lesson",
    minutes: "minutes",
    notes: "Teacher’s notes",
    toLesson: "To the lesson",
    stills: "The figures as files (SVG), as they are when the lesson is opened:",
    next: "Next",
    previous: "Back",
    all: "All lessons",
    objectives: "After this lesson you can",
    prediction: "Prediction",
    lock: "Lock it in and show",
    task: "Task",
    goals: "Goals",
    untried: "Not tried yet. Change the figure above; this list follows it.",
    answer: "One answer",
    limits: "What this does not show",
    references: "References",
    figure: "Figure",
    openFigure: "Open the figure",
    privacy: "Everything runs in your browser; nothing is stored or sent.",
    licence: "Text and figures: CC BY 4.0, “Signflip, the course”. Code: MIT.",
    licenceUrl: "https://creativecommons.org/licenses/by/4.0/",
    other: { code: "de", name: "Deutsch" },
    embed: "In your own course",
    embedLead:
      "Each lesson is a page of its own. In Canvas, and wherever the host listens, it is as high as its content. Paste its lines with your site’s address.",
    embedOne: "Lines for",
    quiz: "Quiz",
    quizLead: "Every prediction of the lessons as a question:",
    gift: "GIFT, for Moodle",
    qti: "QTI 2.1 package",
    published: "published",
    ours: "ours",
    stronger: "PGD-40, same ε",
    network: "net and attack",
    show: "Show it",
    point: ".",
  },
  de: {
    course: "Signflip: der Kurs",
    lead: "Sechs Lektionen über adversariale Beispiele, mit einem echten Netz in deinem Browser. Jede dauert eine Viertelstunde und lässt dich vorhersagen, bevor sie zeigt.",
    contents: "Lektionen",
    lesson: "Lektion",
    minutes: "Minuten",
    notes: "Hinweise für Lehrende",
    toLesson: "Zur Lektion",
    stills: "Die Abbildungen als Dateien (SVG), wie sie beim Öffnen der Lektion sind:",
    next: "Weiter",
    previous: "Zurück",
    all: "Alle Lektionen",
    objectives: "Nach dieser Lektion kannst du",
    prediction: "Vorhersage",
    lock: "Festlegen und zeigen",
    task: "Aufgabe",
    goals: "Bedingungen",
    untried: "Noch nicht versucht. Verändere die Abbildung oben; diese Liste folgt ihr.",
    answer: "Eine Lösung",
    limits: "Was das nicht zeigt",
    references: "Quellen",
    figure: "Abbildung",
    openFigure: "Abbildung öffnen",
    privacy: "Alles läuft in deinem Browser; nichts wird gespeichert oder verschickt.",
    licence: "Text und Abbildungen: CC BY 4.0, „Signflip, der Kurs“. Code: MIT.",
    licenceUrl: "https://creativecommons.org/licenses/by/4.0/deed.de",
    other: { code: "en", name: "English" },
    embed: "In deinem eigenen Kurs",
    embedLead:
      "Jede Lektion ist eine eigene Seite. In Canvas und überall, wo die Plattform darauf hört, wird sie so hoch wie ihr Inhalt. Füge ihre Zeilen ein, mit der Adresse deiner Website.",
    embedOne: "Zeilen für",
    quiz: "Quiz",
    quizLead: "Alle Vorhersagen der Lektionen als Fragen:",
    gift: "GIFT, für Moodle",
    qti: "Paket in QTI 2.1",
    published: "veröffentlicht",
    ours: "unseres",
    stronger: "PGD-40, gleiches ε",
    network: "Netz und Angriff",
    show: "Zeigen",
    point: ",",
  },
};

/** Said of nets and attacks in the table of experiments, as models/reproduction.md has them in English, and the
 * figure that shows the like: the address of a state with shipped models. */
export const experimentWords = {
  de: {
    undefended: "ungeschützt",
    "FGSM-trained": "FGSM-trainiert",
    "adversarially trained": "adversarial trainiert",
    "autoencoder in front": "Autoencoder davor",
    autoencoder: "Autoencoder",
    "mixed batches": "gemischte Batches",
    "fine-tuned": "nachtrainiert",
    "on the set alone": "nur mit der Menge",
    "on set and clean images": "mit Menge und sauberen Bildern",
    "its own set": "die Menge selbst",
    clean: "sauber",
    attacked: "angegriffen",
    "gray-box": "Gray Box",
    adaptive: "adaptiv",
    restored: "wiederhergestellt",
    "not tried": "nicht versucht",
    loss: "Verlust",
  },
};
