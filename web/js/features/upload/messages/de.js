// German: what is said where one brings a picture.
export default {
  "upload.choose": "Bild auswählen",
  "upload.ways": "oder irgendwo hier ablegen oder einfügen",
  "upload.hint":
    "Ein Foto einer geschriebenen Ziffer: Sie wird ausgeschnitten, bei dunkel auf hell umgekehrt, skaliert und zentriert wie bei MNIST.",
  "upload.done": "Ihr Bild wird angegriffen.",
  "upload.large": "die Datei ist größer als 40 MB",
  "upload.unknown":
    "weder diese Seite noch dieser Browser kann es lesen ({type}); ein PNG oder JPEG geht",
  "upload.failed": "Dieses Bild lässt sich nicht verwenden: {detail}.",
};
