// A network as it was read from a file of another program: an architecture as JSON and tensors with
// PyTorch's names. What knows the layers is the loader of model files, which reads it like any
// other.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/tensor.h"
#include "nn/json.h"
#include "nn/model_file.h"

namespace signflip {

/// What the file does not say. Empty or zero: not given.
struct ImportOptions {
  std::string name;
  ImageShape input;
  std::vector<std::string> classes;
  std::vector<float> mean, deviation;  ///< normalisation per channel, or one value for all
  /// The largest value of a pixel that the net takes: 1, or 255 where it was trained on bytes.
  /// 0: not given, which means 1 unless the file gives reason to ask.
  int pixel_range = 0;
};

struct ImportedTensor {
  std::string name;
  std::vector<std::size_t> shape;
  std::vector<float> values;  ///< row-major
};

struct Imported {
  OrderedJson layers = OrderedJson::array();  ///< as in model files' metadata
  ImageShape input;
  std::vector<float> mean, deviation;  ///< what the file itself normalises by, for pixels 0 … range
  std::vector<ImportedTensor> tensors;
  std::size_t outputs = 0;  ///< of a classifier; 0 where the output is an image
  /// What was done that is not a translation word for word; a sentence each.
  std::vector<std::string> notes;
};

/// The metadata entry of a model file for `imported`, completed by the options: name, classes ("0",
/// "1", … where none are named), normalisation of pixels in [0,1]. An error where the options
/// contradict each other or the file.
Result<OrderedJson> complete_architecture(const Imported& imported, const ImportOptions& options);

/// The bytes of a model file, of which the loader will say whether they are a network.
std::vector<std::uint8_t> model_bytes(const OrderedJson& architecture,
                                      const std::vector<ImportedTensor>& tensors);

}  // namespace signflip
