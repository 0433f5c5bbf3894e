// English: what the "Explore a model" view says. The keys are the same in each language (tested).
export default {
  "modelView.title": "Explore a model",
};
