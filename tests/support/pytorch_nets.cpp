#include "support/pytorch_nets.h"

namespace signflip::test {
namespace {

constexpr std::uint8_t kSmall[] = {
#include "golden/pytorch_small.inc"
};
constexpr std::uint8_t kConvolutions[] = {
#include "golden/pytorch_convolutions.inc"
};
constexpr std::uint8_t kActivations[] = {
#include "golden/pytorch_activations.inc"
};
constexpr std::uint8_t kAveragePools[] = {
#include "golden/pytorch_average_pools.inc"
};
constexpr std::uint8_t kCeilings[] = {
#include "golden/pytorch_ceilings.inc"
};
constexpr std::uint8_t kResidual[] = {
#include "golden/pytorch_residual.inc"
};

constexpr PyTorchNet kNets[] = {{"small", kSmall},
                                {"convolutions", kConvolutions},
                                {"activations", kActivations},
                                {"average_pools", kAveragePools},
                                {"ceilings", kCeilings},
                                {"residual", kResidual}};

}  // namespace

std::span<const PyTorchNet> pytorch_nets() { return kNets; }

std::vector<float> values_of(const Safetensors& file, const std::string& name) {
  const StoredTensor* const tensor = file.find(name);
  return tensor == nullptr ? std::vector<float>() : *to_floats(*tensor);
}

}  // namespace signflip::test
