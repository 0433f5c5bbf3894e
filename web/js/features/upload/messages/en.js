// English: what is said where one brings a picture.
export default {
  "upload.choose": "Choose a picture",
  "upload.ways": "or drop it anywhere here, or paste it",
  "upload.hint":
    "A photograph of one written digit: it is cut out, inverted if dark on light, scaled and centred as MNIST was.",
  "upload.done": "Your picture is under attack.",
  "upload.large": "the file is larger than 40 MB",
  "upload.unknown":
    "neither this page nor this browser can read it ({type}); a PNG or JPEG will do",
  "upload.failed": "This picture cannot be used: {detail}.",
};
