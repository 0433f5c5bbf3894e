// Fuzzes the experiments that the page saves and that `signflip evaluate` repeats.
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "experiment.h"
#include "fuzz/fuzz.h"
#include "fuzz/scratch.h"

using namespace signflip;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Scratch scratch;
  static const auto model = scratch.write("net.safetensors", {});
  const auto experiment = cli::read_experiment(scratch.write("experiment.json", {data, size}));
  if (!experiment) {
    if (experiment.error().message.empty()) std::abort();
    return 0;
  }
  if (experiment->models.empty()) std::abort();
  for (const cli::ExperimentModel& one : experiment->models) {
    for (const std::string& path :
         {one.model, one.front.denoiser, one.from, one.from_front.denoiser}) {
      if (!path.empty() && !std::filesystem::is_regular_file(path)) std::abort();
    }
  }
  return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  constexpr std::string_view kTexts[] = {
      R"({"experiment": 1, "dataset": "mnist", "attack": "mim", "seed": 3, "target": 4,
       "model": "net.safetensors", "gray_box": true, "denoiser": "net.safetensors",
       "parameters": {"epsilon": 0.3, "steps": 10, "norm": "l2", "random-start": true}})",
      R"({"experiment": 1, "models": [{"model": "net.safetensors"},
       {"model": "net.safetensors", "from": "net.safetensors", "gray_box": false},
       {"model": "net.safetensors", "transform": "jpeg:50", "transform_gradient": "identity"}]})"};
  std::vector<std::vector<std::uint8_t>> seeds;
  for (const std::string_view text : kTexts) seeds.emplace_back(text.begin(), text.end());
  return seeds;
}
