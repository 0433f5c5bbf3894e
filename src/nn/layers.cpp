// Shapes and costs of the layers.
#include "nn/layers.h"

#include <cstdint>

#include "core/concat.h"

namespace signflip {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;  // clang 14 (Emscripten) deduces no aggregates

std::string to_string(Size2 size) {
  return std::to_string(size.height) + "×" + std::to_string(size.width);
}

bool positive(Size2 size) {
  return size.height >= 1 && size.width >= 1 && size.height <= kMaximumSide &&
         size.width <= kMaximumSide;
}

Result<ImageShape> windows(std::string_view what, ImageShape in, Size2 kernel, Size2 stride,
                           Size2 padding, int channels) {
  if (!positive(kernel) || !positive(stride)) {
    return Error{concat(what, " needs a kernel and a stride between 1 and ", kMaximumSide, ", not ",
                        to_string(kernel), " and ", to_string(stride))};
  }
  if (padding.height < 0 || padding.width < 0 || padding.height >= kernel.height ||
      padding.width >= kernel.width) {
    return Error{concat(what, " needs a padding from 0 to less than its kernel ", to_string(kernel),
                        ", not ", to_string(padding))};
  }
  const int height = in.height + 2 * padding.height - kernel.height;
  const int width = in.width + 2 * padding.width - kernel.width;
  if (height < 0 || width < 0) {
    return Error{concat(what, " with kernel ", to_string(kernel), " does not fit its input ",
                        signflip::to_string(in))};
  }
  return ImageShape{height / stride.height + 1, width / stride.width + 1, channels};
}

Result<ImageShape> counted(std::string_view what, int count, ImageShape out) {
  if (count < 1 || count > kMaximumChannels) {
    return Error{concat(what, " must be between 1 and ", kMaximumChannels, ", not ", count)};
  }
  return out;
}

/// Whether a convolution's weights and scratch memory stay within limits. In double, which no
/// product of sides can overflow, unlike the 32-bit size_t of WebAssembly.
bool affordable(const Conv2d& l, ImageShape in, ImageShape out) {
  const double patch = double(l.kernel.height) * l.kernel.width * in.channels;
  const double padded =
      double(in.height + 2 * l.padding.height) * (in.width + 2 * l.padding.width) * in.channels;
  return patch * l.filters <= double(kMaximumParameters) &&
         padded + patch * out.width <= double(kMaximumActivations);
}

bool affordable(const Dense& l, ImageShape in) {
  return double(in.channels) * l.units <= double(kMaximumParameters);
}

Error unaffordable(std::string_view what, ImageShape in) {
  return Error{concat(what, " on an input of ", signflip::to_string(in),
                      " needs more memory than this build allows")};
}

Result<ImageShape> fits(std::string_view what, Result<ImageShape> shape) {
  if (!shape) return shape;
  const std::uint64_t size =
      std::uint64_t(shape->height) * std::uint64_t(shape->width) * std::uint64_t(shape->channels);
  if (shape->height > kMaximumSide || shape->width > kMaximumSide || size > kMaximumActivations) {
    return Error{concat(what, " makes an output of ", signflip::to_string(*shape),
                        ", which is larger than this build allows")};
  }
  return shape;
}

}  // namespace

std::string to_string(ImageShape shape) {
  return std::to_string(shape.height) + "×" + std::to_string(shape.width) + "×" +
         std::to_string(shape.channels);
}

std::string_view layer_type(const Layer& layer) {
  return std::visit(
      Overloaded{
          [](const Conv2d&) { return "conv2d"; }, [](const BatchNorm2d&) { return "batchnorm2d"; },
          [](const Relu&) { return "relu"; }, [](const MaxPool2d&) { return "maxpool2d"; },
          [](const Dropout&) { return "dropout"; }, [](const Flatten&) { return "flatten"; },
          [](const Dense&) { return "dense"; }, [](const Upsample2d&) { return "upsample2d"; },
          [](const Sigmoid&) { return "sigmoid"; }},
      layer);
}

Status check_input(ImageShape input) {
  const double size = double(input.height) * input.width * input.channels;  // cannot overflow
  if (input.height < 1 || input.width < 1 || input.channels < 1 || input.height > kMaximumSide ||
      input.width > kMaximumSide || input.channels > kMaximumChannels ||
      size > double(kMaximumActivations)) {
    return Error{
        concat("the input must be at least 1×1×1 and of a sensible size, not ", to_string(input))};
  }
  return {};
}

Result<ImageShape> output_shape(const Layer& layer, ImageShape in) {
  const auto shape = std::visit(
      Overloaded{
          [&](const Conv2d& l) -> Result<ImageShape> {
            const auto filters = counted("conv2d's filters", l.filters, in);
            if (!filters) return filters;
            const auto out = windows("conv2d", in, l.kernel, l.stride, l.padding, l.filters);
            if (out && !affordable(l, in, *out)) return unaffordable("conv2d", in);
            return out;
          },
          [&](const MaxPool2d& l) -> Result<ImageShape> {
            return windows("maxpool2d", in, l.kernel, l.stride, {0, 0}, in.channels);
          },
          [&](const Flatten&) -> Result<ImageShape> {
            return ImageShape{1, 1, static_cast<int>(in.size())};
          },
          [&](const Dense& l) -> Result<ImageShape> {
            if (in.height != 1 || in.width != 1) {
              return Error{concat("dense needs a flat input, not ", to_string(in),
                                  ": put a flatten before it")};
            }
            const auto out = counted("dense's units", l.units, {1, 1, l.units});
            if (out && !affordable(l, in)) return unaffordable("dense", in);
            return out;
          },
          [&](const Upsample2d& l) -> Result<ImageShape> {
            if (!positive(l.scale)) {
              return Error{
                  concat("upsample2d needs a scale of at least 1, not ", to_string(l.scale))};
            }
            return ImageShape{in.height * l.scale.height, in.width * l.scale.width, in.channels};
          },
          [&](const Dropout& l) -> Result<ImageShape> {
            if (!(l.rate >= 0.0F && l.rate < 1.0F)) {
              return Error{concat("dropout's rate must be at least 0 and below 1, not ", l.rate)};
            }
            return in;
          },
          [&](const auto&) -> Result<ImageShape> { return in; }},
      layer);
  return fits(layer_type(layer), shape);
}

WeightShape weight_shape(const Layer& layer, ImageShape in) {
  return std::visit(Overloaded{[&](const Conv2d& l) {
                                 const auto filters = static_cast<std::size_t>(l.filters);
                                 return WeightShape{static_cast<std::size_t>(l.kernel.height) *
                                                        static_cast<std::size_t>(l.kernel.width) *
                                                        static_cast<std::size_t>(in.channels),
                                                    filters, filters};
                               },
                               [&](const Dense& l) {
                                 const auto units = static_cast<std::size_t>(l.units);
                                 return WeightShape{in.size(), units, units};
                               },
                               [&](const BatchNorm2d&) {
                                 const auto channels = static_cast<std::size_t>(in.channels);
                                 return WeightShape{1, channels, channels};
                               },
                               [](const auto&) { return WeightShape{}; }},
                    layer);
}

std::size_t multiply_adds(const Layer& layer, ImageShape in) {
  const std::size_t weights = weight_shape(layer, in).weight();
  if (std::holds_alternative<Conv2d>(layer)) {
    const auto out = output_shape(layer, in);
    return out ? weights * (out->size() / static_cast<std::size_t>(out->channels)) : 0;
  }
  if (std::holds_alternative<BatchNorm2d>(layer)) return in.size();
  return weights;
}

}  // namespace signflip
