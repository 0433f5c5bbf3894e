#include "certify/linear_layers.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "backend/plain_ops.h"
#include "certify/layers/declared.h"

namespace signflip {
namespace {

using Index = Eigen::Index;
using Matrix = LinearBounds::Matrix;

Index index(std::size_t value) { return static_cast<Index>(value); }
Index index(int value) { return value; }

Eigen::Map<const Eigen::VectorXf> vector(const float* values, std::size_t size) {
  return {values, index(size)};
}

/// Takes off what rounding in the layer may cost. The doubles' own is far below float's, and has
/// room in the thousandth.
void allow_for_rounding(const LinearCall& call, LinearBounds& b) {
  b.slack += 1.001 * (b.coefficients.cwiseAbs() * call.rounding);
}

/// Adds a term of each row that is `values` times its coefficients.
void add_constant(const Eigen::VectorXd& values, LinearBounds& b) {
  b.constant += b.coefficients * values;
  b.slack += LinearBounds::kRounding * (b.coefficients.cwiseAbs() * values.cwiseAbs());
}

/// y ≥ or ≤ slope·x + offset.
struct Line {
  double slope = 0.0, offset = 0.0;
};
struct Lines {
  Line below, above;
};

Line constant(double value) { return {0.0, value}; }
constexpr Line kIdentity{1.0, 0.0};

/// Of max(0, x) on [l, u].
Lines relu_lines(double l, double u) {
  if (l >= 0.0) return {kIdentity, kIdentity};
  if (u <= 0.0) return {};
  const double slope = u / (u - l);
  return {{u > -l ? 1.0 : 0.0, 0.0}, {slope, -slope * l}};
}

/// Of min(max(0, x), h) on [l, u].
Lines clipped_lines(double l, double u, double h) {
  if (u <= h) return relu_lines(l, u);
  if (l >= h) return {constant(h), constant(h)};
  if (l >= 0.0) {  // concave here
    const double chord = (h - l) / (u - l);
    return {{chord, l - chord * l}, h - l > u - h ? kIdentity : constant(h)};
  }
  const double rising = h / (h - l);  // through (l, 0) and (h, h)
  return {{u > -l ? h / u : 0.0, 0.0},
          rising * (u - l) < 2.0 * h ? Line{rising, -rising * l} : constant(h)};
}

/// Goes back through a function of each value: a coefficient takes the line below where it is
/// positive, else the line above.
template <class LinesOf>
void elementwise_backward(const LinearCall& call, LinearBounds& b, LinesOf lines_of) {
  const std::size_t size = call.place().in.size();
  std::vector<Lines> lines(size);
  std::vector<double> magnitude(size);  // not finite where nothing is known
  for (std::size_t j = 0; j < size; ++j) {
    const double c = static_cast<double>(call.x.centre[j]);
    const double r = static_cast<double>(call.x.radius[j]);
    const double l = c - r, u = c + r;
    magnitude[j] = std::max(std::abs(l), std::abs(u));
    if (!std::isfinite(l) || !std::isfinite(u)) continue;
    lines[j] = lines_of(j, l, u);
    magnitude[j] += std::abs(lines[j].above.offset);
  }
  for (Index k = 0; k < b.coefficients.rows(); ++k) {
    double* const row = b.coefficients.row(k).data();
    for (std::size_t j = 0; j < size; ++j) {
      const double a = row[j];
      if (a == 0.0) continue;
      const Line& line = a > 0.0 ? lines[j].below : lines[j].above;
      row[j] = a * line.slope;
      b.constant[k] += a * line.offset;
      b.slack[k] += LinearBounds::kRounding * std::abs(a) * magnitude[j];
    }
  }
}

}  // namespace

void LinearBounds::begin_margins(std::size_t classes, std::size_t label) {
  coefficients = -Matrix::Identity(index(classes), index(classes));
  coefficients.col(index(label)).array() += 1.0;
  constant = slack = Eigen::VectorXd::Zero(index(classes));
}

void LinearBounds::begin_values(std::span<const std::size_t> which, std::size_t size) {
  coefficients = Matrix::Zero(index(2 * which.size()), index(size));
  for (std::size_t i = 0; i < which.size(); ++i) {
    coefficients(index(i), index(which[i])) = 1.0;
    coefficients(index(which.size() + i), index(which[i])) = -1.0;
  }
  constant = slack = Eigen::VectorXd::Zero(index(2 * which.size()));
}

Eigen::VectorXd LinearBounds::lowest(Interval values) const {
  const auto size = static_cast<std::size_t>(coefficients.cols());
  const Eigen::VectorXd centre = vector(values.centre, size).cast<double>();
  const Eigen::VectorXd radius = vector(values.radius, size).cast<double>();
  const Matrix magnitude = coefficients.cwiseAbs();
  return coefficients * centre - magnitude * radius + constant - slack -
         kRounding * (magnitude * (centre.cwiseAbs() + radius) + constant.cwiseAbs());
}

LinearBounds::Matrix weights_of(const LayerCall& layer) {
  using Floats = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const WeightShape& shape = layer.place.shape;
  return Eigen::Map<const Floats>(layer.weight, index(shape.rows), index(shape.columns))
      .cast<double>();
}

Eigen::VectorXd rounding_of(const PlacedLayer& placed, const IntervalCall& call, Interval x) {
  std::vector<float> greatest(placed.in.size()), none(placed.in.size());
  std::vector<float> centre(placed.out.size()), radius(placed.out.size());
  for (std::size_t j = 0; j < greatest.size(); ++j) {
    greatest[j] = std::abs(x.centre[j]) + x.radius[j];
  }
  std::visit(
      [&](const auto& layer) {
        if constexpr (AffineLayer<std::remove_cvref_t<decltype(layer)>>) {
          const bool apart = interval_step(layer, placed) == IntervalStep::apart;
          if (!apart) centre = greatest;
          const Interval to{centre.data(), radius.data()};
          interval_forward(layer, call, apart ? Interval{greatest.data(), none.data()} : to, to);
        }
      },
      placed.layer);
  return vector(radius.data(), radius.size()).cast<double>();
}

void linear_backward(const Dense&, const LinearCall& call, LinearBounds& b) {
  allow_for_rounding(call, b);
  add_constant(vector(call.interval.layer.bias, call.place().shape.columns).cast<double>(), b);
  b.coefficients = (b.coefficients * call.weights.transpose()).eval();
}

void linear_backward(const Conv2d& conv, const LinearCall& call, LinearBounds& b) {
  allow_for_rounding(call, b);
  const Placement& place = call.place();
  const std::size_t filters = place.shape.columns;
  const Eigen::VectorXd bias = vector(conv_bias(conv, call.interval.layer), filters).cast<double>();
  add_constant(bias.replicate(index(place.out.pixels()), 1), b);

  const Size2 before = conv.padding_before();
  const Index channels = place.in.channels / conv.groups, group = index(filters) / conv.groups;
  Matrix to = Matrix::Zero(b.coefficients.rows(), index(place.in.size()));
  const auto add_tap = [&](int y, int x_out, int ky, int kx) {
    const int row = y * conv.stride.height + ky * conv.dilation.height - before.height;
    const int column = x_out * conv.stride.width + kx * conv.dilation.width - before.width;
    if (row < 0 || row >= place.in.height || column < 0 || column >= place.in.width) return;
    const Index from = index(y * place.out.width + x_out) * index(filters);
    const Index at = index(row * place.in.width + column) * place.in.channels;
    const Index tap = index(ky * conv.kernel.width + kx) * channels;
    for (Index g = 0; g < conv.groups; ++g) {
      to.middleCols(at + g * channels, channels).noalias() +=
          b.coefficients.middleCols(from + g * group, group) *
          call.weights.block(tap, g * group, channels, group).transpose();
    }
  };
  for (int y = 0; y < place.out.height; ++y) {
    for (int x_out = 0; x_out < place.out.width; ++x_out) {
      // Few pixels count where single values are followed back.
      const Index from = index(y * place.out.width + x_out) * index(filters);
      if (b.coefficients.middleCols(from, index(filters)).isZero(0.0)) continue;
      for (int ky = 0; ky < conv.kernel.height; ++ky) {
        for (int kx = 0; kx < conv.kernel.width; ++kx) add_tap(y, x_out, ky, kx);
      }
    }
  }
  b.coefficients = std::move(to);
}

void linear_backward(const BatchNorm&, const LinearCall& call, LinearBounds& b) {
  allow_for_rounding(call, b);
  const std::size_t channels = call.place().shape.columns;
  const Index pixels = index(call.place().in.pixels());
  add_constant(vector(call.interval.layer.shift, channels).cast<double>().replicate(pixels, 1), b);
  const Eigen::VectorXd scale = vector(call.interval.layer.scale, channels).cast<double>();
  b.coefficients *= scale.replicate(pixels, 1).asDiagonal();
}

void linear_backward(const Relu&, const LinearCall& call, LinearBounds& b) {
  elementwise_backward(call, b, [](std::size_t, double l, double u) { return relu_lines(l, u); });
}

void linear_backward(const ClippedRelu&, const LinearCall& call, LinearBounds& b) {
  const std::size_t ceilings = call.place().shape.weight();
  elementwise_backward(call, b, [&](std::size_t j, double l, double u) {
    // A ceiling below 0 is the value of every input.
    const auto ceiling = static_cast<double>(call.interval.layer.weight[j % ceilings]);
    if (ceiling <= 0.0) return Lines{constant(ceiling), constant(ceiling)};
    return clipped_lines(l, u, ceiling);
  });
}

void linear_backward(const Flatten& flatten, const LinearCall& call, LinearBounds& b) {
  if (flatten.overwrites_input(call.place())) return;  // both orders are the same
  Matrix to(b.coefficients.rows(), b.coefficients.cols());
  plain::flatten_input_gradient(call.place().in, static_cast<std::size_t>(to.rows()),
                                b.coefficients.data(), to.data());
  b.coefficients = std::move(to);
}

void linear_backward(const MaxPool2d& pool, const LinearCall& call, LinearBounds& b) {
  const Placement& place = call.place();
  const auto end = [&](std::size_t j, double sign) {
    return static_cast<double>(call.x.centre[j]) + sign * static_cast<double>(call.x.radius[j]);
  };
  Matrix to = Matrix::Zero(b.coefficients.rows(), index(place.in.size()));
  std::vector<std::size_t> window;
  for (std::size_t out = 0; out < place.out.size(); ++out) {
    const int channel = static_cast<int>(out) % place.out.channels;
    const int pixel = static_cast<int>(out) / place.out.channels;
    window.clear();
    for (int ky = 0; ky < pool.kernel.height; ++ky) {
      for (int kx = 0; kx < pool.kernel.width; ++kx) {
        const int row = pixel / place.out.width * pool.stride.height + ky;
        const int column = pixel % place.out.width * pool.stride.width + kx;
        window.push_back(static_cast<std::size_t>(
            (row * place.in.width + column) * place.in.channels + channel));
      }
    }
    const auto least = *std::max_element(
        window.begin(), window.end(), [&](auto i, auto j) { return end(i, -1.0) < end(j, -1.0); });
    double highest = -std::numeric_limits<double>::infinity();
    bool alone = true;
    for (const std::size_t j : window) {
      highest = std::max(highest, end(j, 1.0));
      alone = alone && (j == least || end(j, 1.0) <= end(least, -1.0));
    }
    for (Index k = 0; k < b.coefficients.rows(); ++k) {
      const double a = b.coefficients(k, index(out));
      if (a == 0.0) continue;
      if (a > 0.0 || alone) {
        to(k, index(least)) += a;
      } else {
        b.constant[k] += a * highest;
        b.slack[k] += LinearBounds::kRounding * std::abs(a * highest);
      }
    }
  }
  b.coefficients = std::move(to);
}

}  // namespace signflip
