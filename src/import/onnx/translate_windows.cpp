// Operators with windows: convolutions, pools; and enlarging.
#include <algorithm>
#include <cmath>

#include "core/concat.h"
#include "import/onnx/translator.h"
#include "nn/layers/rules.h"

namespace signflip::onnx {
namespace {

using Sides = std::vector<std::int64_t>;

/// What windows of an operator look like, along height and width.
struct Windows {
  std::int64_t kernel[2] = {1, 1}, stride[2] = {1, 1}, dilation[2] = {1, 1};
  std::int64_t before[2] = {0, 0}, after[2] = {0, 0};
  std::int64_t out[2] = {1, 1};

  std::int64_t extent(int axis) const { return (kernel[axis] - 1) * dilation[axis] + 1; }
  bool padded() const { return before[0] + before[1] + after[0] + after[1] > 0; }
  /// What our padding "same" is: the output as large as the input, where odd one more behind.
  bool is_same() const {
    for (int a = 0; a < 2; ++a) {
      const std::int64_t total = extent(a) - 1;
      if (stride[a] != 1 || before[a] != total / 2 || after[a] != total - total / 2) return false;
    }
    return true;
  }
  bool symmetric() const { return before[0] == after[0] && before[1] == after[1]; }
};

OrderedJson pair(const std::int64_t (&sides)[2]) {
  return OrderedJson::array({sides[0], sides[1]});
}

bool take_pair(const Sides& list, std::int64_t (&sides)[2], std::int64_t least) {
  if (list.empty()) return true;
  if (list.size() != 2) return false;
  for (std::size_t i = 0; i < 2; ++i) {
    if (list[i] < least || list[i] > kMaximumSide) return false;
    sides[i] = list[i];
  }
  return true;
}

/// Padding that makes the output ceil(input / stride) large; the odd one behind or in front.
void pad_same(Windows& w, const std::int64_t (&in)[2], bool upper) {
  for (int a = 0; a < 2; ++a) {
    const std::int64_t out = (in[a] + w.stride[a] - 1) / w.stride[a];
    const std::int64_t total =
        std::max<std::int64_t>(0, (out - 1) * w.stride[a] + w.extent(a) - in[a]);
    w.before[a] = upper ? total / 2 : total - total / 2;
    w.after[a] = total - w.before[a];
  }
}

Result<Windows> windows_of(const Node& node, ImageShape shape, const Sides& kernel,
                           const Margins& margins = {}) {
  Windows w;
  const Sides pads = node.integers("pads");
  const std::int64_t in[2] = {shape.height + margins.top + margins.bottom,
                              shape.width + margins.left + margins.right};
  const bool good = kernel.size() == 2 && take_pair(kernel, w.kernel, 1) &&
                    take_pair(node.integers("strides"), w.stride, 1) &&
                    take_pair(node.integers("dilations"), w.dilation, 1) &&
                    (pads.empty() || pads.size() == 4);
  if (!good) {
    return Error{concat(node.shown(),
                        " has a kernel, stride, dilation or padding that is not one "
                        "of two axes")};
  }
  const std::string automatic = node.text("auto_pad", "NOTSET");
  if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
    pad_same(w, in, automatic == "SAME_UPPER");
  } else if (automatic == "NOTSET" || automatic.empty()) {
    for (std::size_t a = 0; a < 2 && !pads.empty(); ++a) {
      if (pads[a] < 0 || pads[a + 2] < 0 || pads[a] > kMaximumSide || pads[a + 2] > kMaximumSide)
        return Error{concat(node.shown(), " has a padding out of range")};
      w.before[a] = pads[a];
      w.after[a] = pads[a + 2];
    }
  } else if (automatic != "VALID") {
    return Error{concat(node.shown(), " has auto_pad ", automatic)};
  }
  for (int a = 0; a < 2; ++a) {
    const std::int64_t room = in[a] + w.before[a] + w.after[a] - w.extent(a);
    if (room < 0) return Error{concat(node.shown(), " does not fit its input ", to_string(shape))};
    w.out[a] = room / w.stride[a] + 1;
    if (w.out[a] > kMaximumSide) return Error{concat(node.shown(), " makes too large an image")};
    if (node.integer("ceil_mode", 0) != 0 && room % w.stride[a] != 0) {
      return Error{concat(node.shown(),
                          " rounds its output's size up (ceil_mode), which no layer "
                          "of ours does")};
    }
  }
  w.before[0] += margins.top;
  w.before[1] += margins.left;
  w.after[0] += margins.bottom;
  w.after[1] += margins.right;
  return w;
}

/// Padding that differs before and behind becomes the larger one on both sides, and the kernel gets
/// zeros where that would shift it: the same outputs.
Status make_symmetric(const Node& node, Windows& w, std::vector<float>& weight,
                      std::size_t filters_by_channels) {
  if (w.symmetric()) return {};
  if (w.dilation[0] != 1 || w.dilation[1] != 1) {
    return Error{concat(node.shown(), " is dilated and padded more on one side than on the other")};
  }
  const std::int64_t extra[2] = {std::abs(w.before[0] - w.after[0]),
                                 std::abs(w.before[1] - w.after[1])};
  const std::int64_t grown[2] = {w.kernel[0] + extra[0], w.kernel[1] + extra[1]};
  if (static_cast<double>(filters_by_channels) * static_cast<double>(grown[0] * grown[1]) >
      static_cast<double>(kMaximumParameters))
    return Error{concat(node.shown(), " is too large")};
  // More behind: the kernel begins later.
  const std::int64_t shift[2] = {std::max<std::int64_t>(0, w.after[0] - w.before[0]),
                                 std::max<std::int64_t>(0, w.after[1] - w.before[1])};
  std::vector<float> larger(filters_by_channels * static_cast<std::size_t>(grown[0] * grown[1]));
  for (std::size_t f = 0; f < filters_by_channels; ++f) {
    for (std::int64_t y = 0; y < w.kernel[0]; ++y) {
      for (std::int64_t x = 0; x < w.kernel[1]; ++x) {
        const auto from = static_cast<std::size_t>(y * w.kernel[1] + x);
        const auto to = static_cast<std::size_t>((y + shift[0]) * grown[1] + x + shift[1]);
        larger[f * static_cast<std::size_t>(grown[0] * grown[1]) + to] =
            weight[f * static_cast<std::size_t>(w.kernel[0] * w.kernel[1]) + from];
      }
    }
  }
  weight = std::move(larger);
  for (int a = 0; a < 2; ++a) {
    w.kernel[a] = grown[a];
    w.before[a] = w.after[a] = std::max(w.before[a], w.after[a]);
  }
  return {};
}

std::vector<float> floats(const std::vector<double>& values) {
  std::vector<float> result(values.size());
  std::transform(values.begin(), values.end(), result.begin(),
                 [](double v) { return static_cast<float>(v); });
  return result;
}

ImageShape made(const Windows& w, std::int64_t channels) {
  return {static_cast<int>(w.out[0]), static_cast<int>(w.out[1]), static_cast<int>(channels)};
}

}  // namespace

Result<Value> Translator::conv(const Node& node, const Inputs& in) {
  if (in.empty() || in[0] == nullptr || in[0]->constant)
    return Error{node.shown() + " is read only behind the image"};
  Value before = *in[0];
  const Margins margins = std::exchange(before.margins, {});
  auto value = settled(before);
  if (!value) return Error{concat(node.shown(), ": ", value.error().message)};
  const auto weight = known_input(node, in, 1, "weights");
  if (!weight) return weight.error();
  const Sides& sides = (*weight)->shape;
  const std::int64_t groups = node.integer("group", 1);
  const ImageShape shape = this->shape(*value);
  if (value->layout != Layout::nchw) return needs_nchw(node);
  if (sides.size() != 4 || sides[0] < 1 || groups < 1 || sides[1] * groups != shape.channels ||
      sides[0] % groups != 0 || sides[0] > kMaximumChannels) {
    return Error{concat(node.shown(), " has weights of ", sides_text(sides), " in ", groups,
                        " groups, which do not fit its input ", to_string(shape))};
  }
  auto w = windows_of(node, shape, {sides[2], sides[3]}, margins);
  if (!w) return w.error();
  std::vector<float> values = floats((*weight)->values);
  const auto planes = static_cast<std::size_t>(sides[0] * sides[1]);
  const bool same = !w->symmetric() && w->is_same();
  const Status symmetric = same ? Status{} : make_symmetric(node, *w, values, planes);
  if (!symmetric) return symmetric.error();
  Step step{.kind = Step::Kind::layer,
            .json = {{"type", "conv2d"}, {"filters", sides[0]}},
            .tensors = {},
            .from = {value->step},
            .shape = made(*w, sides[0]),
            .flat = false};
  step.json["kernel"] = pair(w->kernel);
  step.json["stride"] = pair(w->stride);
  step.json["padding"] = same ? OrderedJson("same") : pair(w->before);
  if (groups != 1) step.json["groups"] = groups;
  if (w->dilation[0] != 1 || w->dilation[1] != 1) step.json["dilation"] = pair(w->dilation);
  const auto side = [](std::int64_t s) { return static_cast<std::size_t>(s); };
  step.tensors.push_back({"weight",
                          {side(sides[0]), side(sides[1]), side(w->kernel[0]), side(w->kernel[1])},
                          std::move(values)});
  if (in.size() > 2 && in[2] != nullptr) {
    const auto bias = known_input(node, in, 2, "bias");
    if (!bias) return bias.error();
    if ((*bias)->values.size() != side(sides[0]))
      return Error{concat(node.shown(), " has a bias of ", sides_text((*bias)->shape))};
    step.tensors.push_back({"bias", {side(sides[0])}, floats((*bias)->values)});
  } else {  // as much, and a scale and a shift behind need one
    step.tensors.push_back({"bias", {side(sides[0])}, std::vector<float>(side(sides[0]))});
  }
  value->step = add(std::move(step));
  return value;
}

bool Translator::is_nowhere_negative(std::size_t step) const {
  const Step& made = steps_[step];
  if (made.kind != Step::Kind::layer) return false;
  const auto type = made.json["type"].get<std::string>();
  if (type == "relu" || type == "sigmoid" || type == "clipped_relu") return true;
  if (type == "hardtanh") return made.json.value("min_val", -1.0) >= 0.0;
  return type.ends_with("pool2d") && is_nowhere_negative(made.from[0]);
}

/// By a convolution of each channel, which is what a layer of ours has of it: a kernel as large as
/// all padding and one, with its 1 where the image begins.
Status Translator::surround_with_zeros(const Node& node, const Sides& before, const Sides& after,
                                       Value& value) {
  const ImageShape from = shape(value);
  const auto channels = static_cast<std::size_t>(from.channels);
  const auto side = [](std::int64_t s) { return static_cast<std::size_t>(s); };
  Windows w;
  const std::int64_t in[2] = {from.height, from.width};
  for (std::size_t a = 0; a < 2; ++a) {
    w.before[a] = w.after[a] = before[a] + after[a];
    w.kernel[a] = w.before[a] + 1;
    w.out[a] = in[a] + before[a] + after[a];
  }
  const std::size_t plane = side(w.kernel[0] * w.kernel[1]);
  if (channels * plane > kMaximumParameters) return Error{node.shown() + " is too large"};
  std::vector<float> weight(channels * plane);
  for (std::size_t c = 0; c < channels; ++c) {
    weight[c * plane + side(after[0] * w.kernel[1] + after[1])] = 1.0F;
  }
  Step step{.kind = Step::Kind::layer,
            .json = {{"type", "conv2d"}, {"filters", from.channels}},
            .tensors = {},
            .from = {value.step},
            .shape = made(w, from.channels),
            .flat = false};
  step.json["kernel"] = pair(w.kernel);
  step.json["stride"] = pair(w.stride);
  step.json["padding"] = pair(w.before);
  if (from.channels > 1) step.json["groups"] = from.channels;
  step.tensors.push_back(
      {"weight", {channels, 1, side(w.kernel[0]), side(w.kernel[1])}, std::move(weight)});
  step.tensors.push_back({"bias", {channels}, std::vector<float>(channels)});
  value.step = add(std::move(step));
  return {};
}

Result<Value> Translator::pool(const Node& node, const Inputs& in) {
  const bool average = node.op == "AveragePool";
  Value before = in.empty() || in[0] == nullptr ? Value{} : *in[0];
  // PyTorch writes zeros that count in the average as a Pad.
  const Margins margins = average ? std::exchange(before.margins, {}) : Margins{};
  Inputs inner = in;
  if (!in.empty() && in[0] != nullptr) inner[0] = &before;
  auto value = image(node, inner);
  if (!value) return value;
  if (value->layout != Layout::nchw) return needs_nchw(node);
  const Sides kernel = node.integers("kernel_shape");
  const auto own = windows_of(node, shape(*value), kernel, {});
  const auto w = windows_of(node, shape(*value), kernel, margins);
  if (!w) return w.error();
  const bool around = margins != Margins{};
  if (w->dilation[0] != 1 || w->dilation[1] != 1) {
    return Error{concat(node.shown(), " is dilated, which no pool of ours is")};
  }
  if (around && (!own || own->padded())) return Error{node.shown() + " is padded twice"};
  if (w->padded() && average && !w->symmetric()) {
    return Error{concat(node.shown(),
                        " is padded more on one side than on the other, which no average pool of "
                        "ours is")};
  }
  if (w->padded() && !average) {
    // Nothing is taken for a maximum outside: where no value is negative, zeros do the same.
    if (!is_nowhere_negative(value->step)) {
      return Error{concat(node.shown(),
                          " is padded, which a maximum pool of ours is only behind a relu or "
                          "another activation without negative values")};
    }
    const Status padded =
        surround_with_zeros(node, {w->before[0], w->before[1]}, {w->after[0], w->after[1]}, *value);
    if (!padded) return padded.error();
  }
  OrderedJson json = {{"type", average ? "avgpool2d" : "maxpool2d"}};
  json["kernel"] = pair(w->kernel);
  json["stride"] = pair(w->stride);
  if (w->padded() && average) {
    json["padding"] = pair(w->before);
    json["count_include_pad"] = around || node.integer("count_include_pad", 0) != 0;
  }
  value->step = add({.kind = Step::Kind::layer,
                     .json = std::move(json),
                     .tensors = {},
                     .from = {value->step},
                     .shape = made(*w, shape(*value).channels),
                     .flat = false});
  return value;
}

Result<Value> Translator::global_pool(const Node& node, const Inputs& in) {
  auto value = image(node, in);
  if (!value) return value;
  if (value->layout != Layout::nchw) return needs_nchw(node);
  const ImageShape from = shape(*value);
  OrderedJson json = {{"type", "adaptive_avgpool2d"}, {"size", 1}};
  if (node.op == "GlobalMaxPool") {
    const std::int64_t all[2] = {from.height, from.width};
    json = {{"type", "maxpool2d"}, {"kernel", pair(all)}, {"stride", pair(all)}};
  }
  value->step = add({.kind = Step::Kind::layer,
                     .json = std::move(json),
                     .tensors = {},
                     .from = {value->step},
                     .shape = {1, 1, from.channels},
                     .flat = false});
  return value;
}

Result<Value> Translator::upsample(const Node& node, const Inputs& in) {
  auto value = image(node, in);
  if (!value) return value;
  if (value->layout != Layout::nchw) return needs_nchw(node);
  const ImageShape from = shape(*value);
  const std::size_t scales = node.op == "Resize" && in.size() > 2 ? 2 : 1;
  std::vector<double> scale;
  if (in.size() > scales && in[scales] != nullptr && in[scales]->constant) {
    scale = in[scales]->known.values;
  } else if (const Attribute* const given = node.find("scales")) {
    scale = given->reals;
  }
  if (scale.empty() && in.size() > 3 && in[3] != nullptr && in[3]->constant) {
    const Sides to = in[3]->known.integers();
    const Sides now = sides(*value);
    for (std::size_t a = 0; a < to.size() && a < now.size(); ++a) {
      scale.push_back(static_cast<double>(to[a]) / static_cast<double>(now[a]));
    }
  }
  const std::string place = node.text("coordinate_transformation_mode", "half_pixel");
  const std::string round = node.text("nearest_mode", "round_prefer_floor");
  const bool nearest = node.text("mode", "nearest") == "nearest";
  // Of a whole scale both take the pixel that the new one lies in.
  const bool plain = node.op == "Upsample" || (place == "asymmetric" && round == "floor") ||
                     (place == "half_pixel" && round.starts_with("round"));
  const auto whole = [](double s) { return s >= 1.0 && s <= 64.0 && s == std::floor(s); };
  if (!nearest || !plain || scale.size() != 4 || scale[0] != 1.0 || scale[1] != 1.0 ||
      !whole(scale[2]) || !whole(scale[3])) {
    return Error{concat(node.shown(),
                        " enlarges otherwise than by repeating pixels (nearest) a whole "
                        "number of times")};
  }
  const std::int64_t by[2] = {static_cast<std::int64_t>(scale[2]),
                              static_cast<std::int64_t>(scale[3])};
  if (by[0] * from.height > kMaximumSide || by[1] * from.width > kMaximumSide)
    return Error{node.shown() + " makes too large an image"};
  value->step = add({.kind = Step::Kind::layer,
                     .json = {{"type", "upsample2d"}, {"scale", pair(by)}},
                     .tensors = {},
                     .from = {value->step},
                     .shape = {from.height * static_cast<int>(by[0]),
                               from.width * static_cast<int>(by[1]), from.channels},
                     .flat = false});
  return value;
}

}  // namespace signflip::onnx
