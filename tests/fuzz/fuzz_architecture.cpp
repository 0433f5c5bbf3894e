// Fuzzes architecture files: what is accepted is a network that can be built, or is refused with a
// reason.
#include <cstdlib>
#include <string_view>

#include "fuzz/fuzz.h"
#include "nn/architecture_json.h"
#include "nn/sequential.h"

using namespace signflip;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto architecture = architecture_from_json(JsonView({reinterpret_cast<const char*>(data), size}));
  if (!architecture) {
    if (architecture.error().message.empty()) std::abort();
    return 0;
  }
  if (architecture->input == ImageShape{}) architecture->input = {8, 8, 1};
  const auto network = Sequential::create(*architecture);
  if (!network) {
    if (network.error().message.empty()) std::abort();
    return 0;
  }
  // What was written of it is read as the same.
  const std::string text = architecture_to_json(network->architecture())
                               .dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
  const auto again = architecture_from_json(JsonView(text));
  if (!again) std::abort();
  if (architecture_to_json(*again).dump(-1, ' ', false, OrderedJson::error_handler_t::replace) !=
      text)
    std::abort();
  return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  constexpr std::string_view kTexts[] = {
      R"({"input": {"height": 8, "width": 8, "channels": 1}, "classes": ["a", "b"], "name": "x",
       "normalise": {"mean": [0.1], "std": [0.3]}, "layers": [{"type": "conv2d", "filters": 2,
       "kernel": [3, 3], "stride": [2, 2], "padding": [1, 1]}, {"type": "batchnorm2d"},
       {"type": "relu"}, {"type": "maxpool2d", "kernel": [2, 2], "stride": [2, 2]},
       {"type": "dropout", "rate": 0.25}, {"type": "flatten"}, {"type": "dense", "units": 2}]})",
      R"({"layers": [{"type": "upsample2d", "scale": [2, 2]}, {"type": "sigmoid"}]})",
      R"({"version": 1, "layers": [{"type": "flatten"}, {"type": "dense", "units": 3},
       {"type": "batchnorm1d"}]})"};
  std::vector<std::vector<std::uint8_t>> seeds;
  for (const std::string_view text : kTexts) seeds.emplace_back(text.begin(), text.end());
  return seeds;
}
