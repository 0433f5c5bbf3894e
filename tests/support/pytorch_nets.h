// Models that PyTorch wrote (tests/golden/make_pytorch_golden.py), with what PyTorch computed on
// them as tensors "golden.…". The bytes are compiled in, so that tests of them run as WASM too.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "nn/safetensors.h"

namespace signflip::test {

struct PyTorchNet {
  const char* name;
  std::span<const std::uint8_t> bytes;  ///< a model file
};

/// All of them; the first, and no other, has dropout.
std::span<const PyTorchNet> pytorch_nets();

/// A tensor's values; none where the file does not have it.
std::vector<float> values_of(const Safetensors& file, const std::string& name);

}  // namespace signflip::test
