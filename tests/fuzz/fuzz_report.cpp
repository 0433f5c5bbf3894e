// Fuzzes the reader of results and logs, and the page made of what it accepts: no text from a file
// may end up as markup.
#include <cstdlib>
#include <string>
#include <string_view>

#include "evaluate/report/report.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  signflip::report::ReportInput input;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const signflip::Status status = signflip::report::read_input(text, "input", input);
  if (!status) {
    if (status.error().message.empty()) std::abort();
    return 0;
  }
  // The seeds name things <x>; the program has no such element.
  if (signflip::report::render(input, "0").find("<x") != std::string::npos) std::abort();
  return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  constexpr std::string_view kResults =
      R"({"signflip": "0.1.0", "model": {"file": "<x>.safetensors", "sha256": "<x>", "parameters": 10},
      "from": {"file": "<x>"}, "transform": "<x>", "gray_box": true, "seed": 1,
      "dataset": {"name": "<x>", "split": "test", "count": 8}, "results": [
      {"attack": "clean", "accuracy": 1, "confusion": [[4, 0], [0, 4]]},
      {"attack": "fgsm", "norm": "linf", "epsilon": 0.1, "accuracy": 0.75, "accuracy_8bit": 0.875,
       "loss": null, "mean_l2": 1e3, "queries": 8, "seconds": 0.1, "confusion": [[3, 1], [1, 3]]},
      {"attack": "fgsm", "norm": "linf", "epsilon": 0.2, "accuracy": 0.5},
      {"attack": "<x>", "norm": "<x>", "steps": 10, "<x>": "<x>", "epsilon": 0.2, "accuracy": 0.5},
      {"attack": "square", "norm": "linf", "epsilon": 0.2, "accuracy": 0.1},
      {"attack": "worst", "accuracy": 0.1},
      {"method": "<x>", "norm": "linf", "epsilon": 0.1, "accuracy": 1, "verified_accuracy": 0.5}]})";
  constexpr std::string_view kLog =
      "{\"signflip\": \"0.1.0\", \"method\": \"<x>\", \"epochs\": 2, \"augmentation\": {\"<x>\": "
      "[0.1]}}\n{\"epoch\": 1, \"loss\": 0.5, \"train_accuracy\": 0.7, \"validation_accuracy\": "
      "null, "
      "\"learning_rate\": 0.002, \"seconds\": 3.5, \"undone\": false}\n{\"epoch\": 2, \"loss\": "
      "1e-9, \"undone\": true}\n";
  return {{kResults.begin(), kResults.end()}, {kLog.begin(), kLog.end()}};
}
