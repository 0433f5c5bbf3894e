// Operators on constants: what exporters write to compute shapes, and weights in another order.
#include <algorithm>
#include <cmath>
#include <functional>

#include "core/concat.h"
#include "import/onnx/values.h"

namespace signflip::onnx {
namespace {

using Sides = std::vector<std::int64_t>;
using Inputs = std::vector<const Constant*>;

/// Values that come out of fewer: nothing that exporters write needs more.
constexpr double kMaximumGrown = 1 << 20;

/// Row-major strides.
std::vector<std::size_t> strides_of(const Sides& shape) {
  std::vector<std::size_t> strides(shape.size(), 1);
  for (std::size_t a = shape.size(); a-- > 1;) {
    strides[a - 1] = strides[a] * static_cast<std::size_t>(shape[a]);
  }
  return strides;
}

/// Calls visit(index vector) for each element in order.
template <class Visit>
void for_each_index(const Sides& shape, const Visit& visit) {
  std::vector<std::int64_t> index(shape.size());
  for (std::size_t i = element_count(shape); i-- > 0;) {
    visit(index);
    for (std::size_t a = shape.size(); a-- > 0;) {
      if (++index[a] < shape[a]) break;
      index[a] = 0;
    }
  }
}

Result<Constant> broadcast(const Node& node, const Constant& a, const Constant& b,
                           const std::function<double(double, double)>& apply) {
  const std::size_t rank = std::max(a.shape.size(), b.shape.size());
  Sides shape(rank);
  const auto side = [&](const Constant& c, std::size_t axis) {
    const std::size_t missing = rank - c.shape.size();
    return axis < missing ? std::int64_t{1} : c.shape[axis - missing];
  };
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const std::int64_t x = side(a, axis), y = side(b, axis);
    if (x != y && x != 1 && y != 1) {
      return Error{concat(node.shown(), " combines shapes ", sides_text(a.shape), " and ",
                          sides_text(b.shape))};
    }
    shape[axis] = x == 1 ? y : x;
  }
  double size = 1;
  for (const std::int64_t s : shape) size *= static_cast<double>(s);
  if (size >
      std::max<double>(kMaximumGrown, static_cast<double>(a.values.size() + b.values.size())))
    return Error{node.shown() + " is too large"};
  const auto at = [&](const Constant& c, const std::vector<std::int64_t>& index) {
    std::size_t offset = 0;
    for (std::size_t axis = 0; axis < rank; ++axis) {
      const std::int64_t s = side(c, axis);
      offset =
          offset * static_cast<std::size_t>(s) + static_cast<std::size_t>(s == 1 ? 0 : index[axis]);
    }
    return c.values[offset];
  };
  Constant result{shape, a.whole && b.whole, {}};
  result.values.reserve(element_count(shape));
  for_each_index(shape, [&](const auto& index) {
    const double value = apply(at(a, index), at(b, index));
    result.values.push_back(result.whole ? std::trunc(value) : value);
  });
  return result;
}

Result<Constant> with_shape(const Constant& from, Sides shape) {
  Constant result = from;
  result.shape = std::move(shape);
  return result;
}

Result<Constant> unsqueeze(const Node& node, const Inputs& in) {
  Sides shape = in[0]->shape;
  const Sides axes = axes_of(node, in, 1);
  const std::size_t rank = shape.size() + axes.size();
  if (rank > kMaximumRank) return Error{node.shown() + " makes too many axes"};
  std::vector<std::size_t> places;
  for (const std::int64_t axis : axes) {
    const auto place = axis_of(axis, rank);
    if (!place) return Error{concat(node.shown(), ": ", place.error().message)};
    places.push_back(*place);
  }
  std::sort(places.begin(), places.end());
  for (const std::size_t place : places) {
    if (place > shape.size()) return Error{node.shown() + " names an axis twice"};
    shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(place), 1);
  }
  return with_shape(*in[0], std::move(shape));
}

Result<Constant> squeeze(const Node& node, const Inputs& in) {
  const Sides axes = axes_of(node, in, 1);
  std::vector<bool> gone(in[0]->shape.size(), false);
  for (const std::int64_t axis : axes) {
    const auto place = axis_of(axis, gone.size());
    if (!place) return Error{concat(node.shown(), ": ", place.error().message)};
    gone[*place] = true;
  }
  Sides shape;
  for (std::size_t a = 0; a < gone.size(); ++a) {
    const bool one = in[0]->shape[a] == 1;
    if (gone[a] && !one) return Error{node.shown() + " removes a side that is not 1"};
    if (!gone[a] && !(axes.empty() && one)) shape.push_back(in[0]->shape[a]);
  }
  return with_shape(*in[0], std::move(shape));
}

Result<Constant> transpose(const Node& node, const Constant& in) {
  const std::size_t rank = in.shape.size();
  Sides order = node.integers("perm");
  if (order.empty()) {
    for (std::size_t a = rank; a-- > 0;) order.push_back(static_cast<std::int64_t>(a));
  }
  std::vector<bool> seen(rank, false);
  for (const std::int64_t axis : order) {
    if (axis < 0 || axis >= static_cast<std::int64_t>(rank) || seen[static_cast<std::size_t>(axis)])
      return Error{node.shown() + " has an order of axes that is none"};
    seen[static_cast<std::size_t>(axis)] = true;
  }
  if (order.size() != rank) return Error{node.shown() + " has an order of axes that is none"};
  const auto strides = strides_of(in.shape);
  Constant result{{}, in.whole, {}};
  for (const std::int64_t axis : order)
    result.shape.push_back(in.shape[static_cast<std::size_t>(axis)]);
  result.values.reserve(in.values.size());
  for_each_index(result.shape, [&](const auto& index) {
    std::size_t offset = 0;
    for (std::size_t a = 0; a < rank; ++a)
      offset += strides[static_cast<std::size_t>(order[a])] * static_cast<std::size_t>(index[a]);
    result.values.push_back(in.values[offset]);
  });
  return result;
}

Result<Constant> concatenate(const Node& node, const Inputs& in) {
  const auto axis = axis_of(node.integer("axis", 0), in[0]->shape.size());
  if (!axis) return Error{concat(node.shown(), ": ", axis.error().message)};
  Constant result{in[0]->shape, in[0]->whole, {}};
  result.shape[*axis] = 0;
  for (const Constant* const part : in) {
    Sides same = part->shape;
    if (same.size() != result.shape.size()) return Error{node.shown() + " joins different ranks"};
    result.shape[*axis] += same[*axis];
    for (std::size_t a = 0; a < same.size(); ++a) {
      if (a != *axis && same[a] != result.shape[a])
        return Error{node.shown() + " joins different shapes"};
    }
  }
  std::size_t outer = 1;
  for (std::size_t a = 0; a < *axis; ++a) outer *= static_cast<std::size_t>(result.shape[a]);
  for (std::size_t o = 0; o < outer; ++o) {
    for (const Constant* const part : in) {
      const std::size_t each = part->values.size() / outer;
      const auto begin = part->values.begin() + static_cast<std::ptrdiff_t>(o * each);
      result.values.insert(result.values.end(), begin, begin + static_cast<std::ptrdiff_t>(each));
    }
  }
  return result;
}

/// Of the first axis, which is what shapes need.
Result<Constant> gather(const Node& node, const Constant& data, const Constant& indices) {
  const auto axis = axis_of(node.integer("axis", 0), data.shape.size());
  if (!axis || *axis != 0)
    return Error{node.shown() + " gathers along another axis than the first"};
  const std::size_t each =
      data.shape[0] == 0 ? 0 : data.values.size() / static_cast<std::size_t>(data.shape[0]);
  if (static_cast<double>(each) * static_cast<double>(indices.values.size()) >
      kMaximumGrown + static_cast<double>(data.values.size()))
    return Error{node.shown() + " is too large"};
  Constant result{indices.shape, data.whole, {}};
  result.shape.insert(result.shape.end(), data.shape.begin() + 1, data.shape.end());
  for (std::int64_t index : indices.integers()) {
    if (index < 0) index += data.shape[0];
    if (index < 0 || index >= data.shape[0]) return Error{node.shown() + " is out of range"};
    const auto begin =
        data.values.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(index) * each);
    result.values.insert(result.values.end(), begin, begin + static_cast<std::ptrdiff_t>(each));
  }
  return result;
}

/// Along the first axis, forwards or backwards.
Result<Constant> slice(const Node& node, const Inputs& in) {
  const auto list = [&](std::size_t input, const char* name) {
    return in.size() > input && in[input] != nullptr ? in[input]->integers() : node.integers(name);
  };
  const Sides starts = list(1, "starts"), ends = list(2, "ends"), axes = list(3, "axes");
  const Sides steps = list(4, "steps");
  const std::int64_t step = steps.empty() ? 1 : steps[0];
  const bool plain = starts.size() == 1 && ends.size() == 1 && (axes.empty() || axes == Sides{0}) &&
                     (step == 1 || step == -1);
  if (!plain) return Error{node.shown() + " slices along another axis than the first"};
  const std::int64_t size = in[0]->shape[0];
  const std::int64_t least = step > 0 ? 0 : -1, most = step > 0 ? size : size - 1;
  const auto place = [&](std::int64_t i) {
    return std::clamp<std::int64_t>(i < 0 ? std::max(i, -size - 1) + size : i, least, most);
  };
  Constant result{in[0]->shape, in[0]->whole, {}};
  const std::size_t each = size == 0 ? 0 : in[0]->values.size() / static_cast<std::size_t>(size);
  result.shape[0] = 0;
  const std::int64_t end = place(ends[0]);
  for (std::int64_t i = place(starts[0]); step > 0 ? i < end : i > end; i += step) {
    const auto begin =
        in[0]->values.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(i) * each);
    result.values.insert(result.values.end(), begin, begin + static_cast<std::ptrdiff_t>(each));
    ++result.shape[0];
  }
  return result;
}

Result<Constant> cast(const Node& node, const Constant& in) {
  const std::int64_t to = node.integer("to", kFloat);
  Constant result = in;
  result.whole = to != kFloat && to != kDouble && to != kFloat16 && to != kBfloat16;
  if (result.whole) {
    for (double& value : result.values) value = std::trunc(value);
  }
  return result;
}

Result<Constant> filled(const Node& node, const Constant& in) {
  const Sides shape = in.integers();
  double size = 1;
  for (const std::int64_t side : shape) size *= side < 0 ? 1e30 : static_cast<double>(side);
  if (shape.size() > kMaximumRank || size > kMaximumGrown)
    return Error{node.shown() + " is too large"};
  const Attribute* const value = node.find("value");
  const bool given = value != nullptr && value->has_tensor && !value->tensor.values.empty();
  Constant result{shape, given && value->tensor.whole, {}};
  result.values.assign(static_cast<std::size_t>(size), given ? value->tensor.values[0] : 0.0);
  return result;
}

struct Binary {
  std::string_view op;
  double (*apply)(double, double);
};
constexpr Binary kBinary[] = {{"Add", [](double a, double b) { return a + b; }},
                              {"Sub", [](double a, double b) { return a - b; }},
                              {"Mul", [](double a, double b) { return a * b; }},
                              {"Div", [](double a, double b) { return a / b; }},
                              {"Pow", [](double a, double b) { return std::pow(a, b); }},
                              {"Min", [](double a, double b) { return std::min(a, b); }},
                              {"Max", [](double a, double b) { return std::max(a, b); }}};
struct Unary {
  std::string_view op;
  double (*apply)(double);
};
constexpr Unary kUnary[] = {{"Sqrt", [](double a) { return std::sqrt(a); }},
                            {"Neg", [](double a) { return -a; }},
                            {"Reciprocal", [](double a) { return 1.0 / a; }},
                            {"Floor", [](double a) { return std::floor(a); }},
                            {"Ceil", [](double a) { return std::ceil(a); }},
                            {"Exp", [](double a) { return std::exp(a); }}};
constexpr std::string_view kOther[] = {"Identity", "Cast",      "Reshape",    "Unsqueeze",
                                       "Squeeze",  "Transpose", "Concat",     "Gather",
                                       "Slice",    "Shape",     "ReduceProd", "ConstantOfShape"};

/// How many inputs the operator needs here.
std::size_t needed(std::string_view op) {
  for (const Binary& binary : kBinary) {
    if (binary.op == op) return 2;
  }
  return op == "Gather" || op == "Reshape" ? 2 : 1;
}

}  // namespace

std::size_t element_count(const Sides& shape) {
  std::size_t count = 1;
  for (const std::int64_t side : shape) count *= static_cast<std::size_t>(side);
  return count;
}

Result<std::size_t> axis_of(std::int64_t axis, std::size_t rank) {
  const auto size = static_cast<std::int64_t>(rank);
  if (axis < -size || axis >= size) return Error{concat("axis ", axis, " of ", rank)};
  return static_cast<std::size_t>(axis < 0 ? axis + size : axis);
}

std::string sides_text(const Sides& shape) {
  std::string text;
  for (const std::int64_t side : shape) text += (text.empty() ? "" : "×") + std::to_string(side);
  return text.empty() ? "a single value" : text;
}

Sides axes_of(const Node& node, const Inputs& inputs, std::size_t input) {
  if (inputs.size() > input && inputs[input] != nullptr) return inputs[input]->integers();
  return node.integers("axes");
}

Result<Sides> reshaped(const Node& node, const Sides& from, Sides to) {
  double known = 1;
  std::size_t free = to.size();
  for (std::size_t a = 0; a < to.size(); ++a) {
    if (to[a] == 0 && a < from.size() && node.integer("allowzero", 0) == 0) to[a] = from[a];
    if (to[a] == -1 && free == to.size()) {
      free = a;
      continue;
    }
    if (to[a] < 0) return Error{concat(node.shown(), " asks for the side ", to[a])};
    known *= static_cast<double>(to[a]);
  }
  const auto size = static_cast<double>(element_count(from));
  if (free < to.size()) {
    if (known == 0 || std::fmod(size, known) != 0.0)
      return Error{concat(node.shown(), " does not fit ", sides_text(from))};
    to[free] = static_cast<std::int64_t>(size / known);
    known = size;
  }
  if (known != size || to.size() > kMaximumRank) {
    return Error{concat(node.shown(), " makes ", sides_text(to), " of ", sides_text(from))};
  }
  return to;
}

bool folds(std::string_view op) {
  const auto is = [&](const auto& entry) { return entry.op == op; };
  return std::any_of(std::begin(kBinary), std::end(kBinary), is) ||
         std::any_of(std::begin(kUnary), std::end(kUnary), is) ||
         std::find(std::begin(kOther), std::end(kOther), op) != std::end(kOther);
}

Result<Constant> fold(const Node& node, const Inputs& in) {
  const std::string& op = node.op;
  if (in.size() < needed(op)) return Error{node.shown() + " lacks an input"};
  for (std::size_t i = 0; i < needed(op); ++i) {
    if (in[i] == nullptr) return Error{node.shown() + " lacks an input"};
  }
  for (const Binary& binary : kBinary) {
    if (binary.op == op) return broadcast(node, *in[0], *in[1], binary.apply);
  }
  for (const Unary& unary : kUnary) {
    if (unary.op != op) continue;
    Constant result = *in[0];
    for (double& value : result.values) value = unary.apply(value);
    return result;
  }
  if (op == "Identity") return *in[0];
  if (op == "Cast") return cast(node, *in[0]);
  if (op == "Unsqueeze") return unsqueeze(node, in);
  if (op == "Squeeze") return squeeze(node, in);
  if (op == "Transpose") return transpose(node, *in[0]);
  if (op == "ConstantOfShape") return filled(node, *in[0]);
  if (op == "Shape") {
    Constant result{{static_cast<std::int64_t>(in[0]->shape.size())}, true, {}};
    result.values.assign(in[0]->shape.begin(), in[0]->shape.end());
    return result;
  }
  if (op == "Reshape") {
    auto shape = reshaped(node, in[0]->shape, in[1]->integers());
    return shape ? with_shape(*in[0], std::move(*shape)) : Result<Constant>(shape.error());
  }
  if (op == "ReduceProd") {
    Constant result{{}, in[0]->whole, {1.0}};
    if (node.integer("keepdims", 1) != 0) result.shape.assign(in[0]->shape.size(), 1);
    for (const double value : in[0]->values) result.values[0] *= value;
    return result;
  }
  for (const Constant* const part : in) {
    if (part == nullptr && op == "Concat") return Error{node.shown() + " lacks an input"};
  }
  if (in[0]->shape.empty()) return Error{node.shown() + " takes apart a single value"};
  if (op == "Concat") return concatenate(node, in);
  if (op == "Gather") return gather(node, *in[0], *in[1]);
  return slice(node, in);
}

}  // namespace signflip::onnx
