// What a name in an ONNX graph stands for while it is translated: a constant, or the output of a
// step with an element-wise function and an order of axes that are not yet layers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "import/onnx/curve.h"
#include "import/onnx/model.h"
#include "import/onnx/steps.h"

namespace signflip::onnx {

/// The order of a value's axes in the file. In ours, images are height, width, channel outside and
/// lists of an image's values go through channel, height, width.
enum class Layout {
  nchw,
  nhwc,
  nhw,       ///< of one channel
  flat,      ///< a list, in our order
  flat_hwc,  ///< a list of an image's values through height, width, channel
};

/// Zeros around an image, which the convolution behind takes.
struct Margins {
  std::int64_t top = 0, left = 0, bottom = 0, right = 0;
  bool operator==(const Margins&) const = default;
};

struct Value {
  bool constant = false;
  Constant known;  ///< of a constant

  std::size_t step = 0;                ///< whose output it is …
  std::shared_ptr<const Curve> curve;  ///< … after this function, or null
  std::string operators;               ///< that made the curve: "Div, Erf, Add"
  /// The value before the last of them, and that alone: where all together are no layer of ours,
  /// they are several. Null where there is none, or where the last combines two.
  std::shared_ptr<const Value> parent;
  Curve last;
  std::size_t cost = 0;  ///< operators that run when the curve is evaluated once
  Layout layout = Layout::nchw;
  ImageShape image;  ///< of flat_hwc: the image that the list was
  Margins margins;

  bool flat() const { return layout == Layout::flat || layout == Layout::flat_hwc; }
};

/// Computes the node where all its inputs are constants.
Result<Constant> fold(const Node& node, const std::vector<const Constant*>& inputs);
/// Operators that fold() knows.
bool folds(std::string_view op);

/// Elements of a shape.
std::size_t element_count(const std::vector<std::int64_t>& shape);
/// Axis −1 of rank 4 is 3; an error where there is no such axis.
Result<std::size_t> axis_of(std::int64_t axis, std::size_t rank);
/// "1×3×32×32".
std::string sides_text(const std::vector<std::int64_t>& shape);
/// Axes as an attribute (older opsets) or as a constant input.
std::vector<std::int64_t> axes_of(const Node& node, const std::vector<const Constant*>& inputs,
                                  std::size_t input);
/// A shape that Reshape asks for: 0 copies, one −1 takes the rest.
Result<std::vector<std::int64_t>> reshaped(const Node& node, const std::vector<std::int64_t>& from,
                                           std::vector<std::int64_t> to);

}  // namespace signflip::onnx
