// Fuzzes import_state_dict(): what it accepts is a model file that loads.
#include <cstdlib>

#include "fuzz/fuzz.h"
#include "fuzz/repaired_safetensors.h"
#include "import/state_dict.h"
#include "nn/architecture_json.h"
#include "nn/model_file.h"

using namespace signflip;

namespace {

Architecture small() {
  Architecture architecture;
  architecture.input = {4, 4, 1};
  architecture.layers = {Conv2d{2, {3, 3}, {1, 1}, {1, 1}}, BatchNorm2d{}, Relu{}, Flatten{},
                         Dense{2}};
  return architecture;
}

void import(std::span<const std::uint8_t> bytes) {
  const auto file = parse_safetensors(bytes, "input");
  if (!file) return;
  ArchitectureChoice choice;
  choice.from_file = small();
  choice.file = "small.json";
  for (const ArchitectureChoice& how : {choice, ArchitectureChoice{}}) {
    const auto state = import_state_dict(*file, how, {});
    if (!state) {
      if (state.error().message.empty()) std::abort();
      continue;
    }
    const auto model = load_model(state->bytes, "imported");
    if (!model && model.error().message.empty()) std::abort();
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  import({data, size});
  import(repaired_safetensors({data, size}));
  return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  auto network = Sequential::create(small());
  if (!network) std::abort();
  network->initialise(1);
  std::vector<std::vector<std::uint8_t>> seeds;
  for (const WeightType type : {WeightType::f32, WeightType::f16}) {
    SafetensorsWriter writer;
    add_network(writer, *network, type);
    seeds.push_back(writer.finish());
  }
  return seeds;
}
