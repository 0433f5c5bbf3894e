// Functions of one number, put together from a file's element-wise operators, and which of our
// activations they are.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "nn/json.h"

namespace signflip::onnx {

using Curve = std::function<double(double)>;

/// x·scale + shift.
struct Line {
  double scale = 1.0, shift = 0.0;
};

std::optional<Line> as_line(const Curve& curve);

/// The layer that computes the curve, compared with it at many points to about 1e-6; nothing where
/// none does. GELU, say, is five operators in older files, in one of several orders.
std::optional<OrderedJson> as_activation(const Curve& curve);

/// Names of the activations that as_activation() finds, for messages.
std::string known_activations();

/// The exact GELU, x·Φ(x).
double gelu(double x);

}  // namespace signflip::onnx
