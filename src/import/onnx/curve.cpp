#include "import/onnx/curve.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace signflip::onnx {
namespace {

/// Where two curves are compared: dense around zero, where activations differ, and far out, where a
/// function may be cut: in steps of an eighth up to what no logit reaches.
const std::vector<double>& points() {
  static const std::vector<double> list = [] {
    std::vector<double> x;
    for (int i = -160; i <= 160; ++i) x.push_back(0.05 * i);
    for (double far = 9.0; far < 1e9; far *= 1.125) {
      x.push_back(far);
      x.push_back(-far);
    }
    return x;
  }();
  return list;
}

bool equal(const Curve& a, const Curve& b) {
  constexpr double kTolerance = 1e-6;  // constants in files are float32
  return std::all_of(points().begin(), points().end(), [&](double x) {
    const double y = b(x);
    return std::abs(a(x) - y) <= kTolerance * std::max(1.0, std::abs(y));  // not NaN
  });
}

double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

/// To seven decimals, so that a slope of float32 0.01 reads 0.01.
double rounded(double value) { return std::round(value * 1e7) / 1e7; }

}  // namespace

double gelu(double x) { return 0.5 * x * (1.0 + std::erf(x / std::sqrt(2.0))); }

std::optional<Line> as_line(const Curve& curve) {
  const Line line{curve(1.0) - curve(0.0), curve(0.0)};
  if (!equal(curve, [&](double x) { return line.scale * x + line.shift; })) return std::nullopt;
  return line;
}

std::optional<OrderedJson> as_activation(const Curve& curve) {
  const auto named = [](const char* type) { return OrderedJson{{"type", type}}; };
  if (equal(curve, [](double x) { return std::max(x, 0.0); })) return named("relu");
  if (equal(curve, [](double x) { return std::tanh(x); })) return named("tanh");
  if (equal(curve, sigmoid)) return named("sigmoid");
  if (equal(curve, gelu)) return named("gelu");
  if (equal(curve, [](double x) { return x * sigmoid(x); })) return named("silu");
  const double slope = -curve(-1.0);
  if (equal(curve, [&](double x) { return x > 0.0 ? x : slope * x; })) {
    return OrderedJson{{"type", "leaky_relu"}, {"slope", rounded(slope)}};
  }
  constexpr double kFar = 1e6;
  const double low = curve(-kFar), high = curve(kFar);
  if (-kFar < low && low < high && high < kFar &&
      equal(curve, [&](double x) { return std::clamp(x, low, high); })) {
    return OrderedJson{{"type", "hardtanh"}, {"min_val", rounded(low)}, {"max_val", rounded(high)}};
  }
  return std::nullopt;
}

std::string known_activations() {
  return "relu, leaky_relu, tanh, sigmoid, gelu, silu and hardtanh (clip)";
}

}  // namespace signflip::onnx
