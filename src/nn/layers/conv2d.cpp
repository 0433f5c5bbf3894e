#include "nn/layers/conv2d.h"

#include "backend/ops.h"
#include "core/aligned.h"
#include "core/concat.h"

namespace signflip {

Conv2dShape conv_shape(const Conv2d& layer, const Placement& place) {
  return {place.in, place.out, layer.kernel, layer.stride, layer.padding_before()};
}

GroupedConv2dShape grouped_shape(const Conv2d& layer, const Placement& place) {
  return {.in = place.in,
          .out = place.out,
          .kernel = layer.kernel,
          .stride = layer.stride,
          .padding = layer.padding_before(),
          .dilation = layer.dilation,
          .groups = layer.groups};
}

PreparedConv prepared_conv(const LayerCall& call) {
  return {call.place.conv, call.weight, call.packed, call.packed_transposed};
}

/// The zeros lie behind the packed weights: see packed_size().
const float* conv_bias(const Conv2d& layer, const LayerCall& call) {
  if (layer.bias) return call.bias;
  return call.packed + layer.packed_size(call.place).forward -
         whole_lines(call.place.shape.columns);
}

namespace {

/// Whether weights and scratch memory stay within the limits. In double, which no product of sides
/// can overflow, unlike the 32-bit size_t of WebAssembly.
bool affordable(const Conv2d& l, ImageShape in, ImageShape out) {
  const double patch = double(l.kernel.height) * l.kernel.width * in.channels;
  const Size2 padding = l.padding_before();
  const double padded =
      double(in.height + 2 * padding.height) * (in.width + 2 * padding.width) * in.channels;
  return patch * l.filters <= double(kMaximumParameters) &&
         padded + patch * out.width <= double(kMaximumActivations);
}

}  // namespace

Size2 Conv2d::extent() const {
  return {dilation.height * (kernel.height - 1) + 1, dilation.width * (kernel.width - 1) + 1};
}

Size2 Conv2d::padding_before() const {
  if (!same) return padding;
  const Size2 seen = extent();
  return {(seen.height - 1) / 2, (seen.width - 1) / 2};
}

bool Conv2d::ordinary() const {
  const bool symmetric = !same || (kernel.height % 2 == 1 && kernel.width % 2 == 1);
  return groups == 1 && dilation == Size2{1, 1} && symmetric;
}

Result<ImageShape> Conv2d::output_shape(ImageShape in) const {
  const Status counted = check_count("conv2d's filters", filters);
  if (!counted) return counted.error();
  if (groups < 1 || in.channels % groups != 0 || filters % groups != 0) {
    return Error{concat("conv2d's groups are ", groups, ", which must divide ", in.channels,
                        " channels and ", filters, " filters")};
  }
  if (!is_positive(dilation)) {
    return Error{"conv2d needs a dilation of at least 1"};
  }
  if (same && stride != Size2{1, 1})
    return Error{"conv2d with padding \"same\" needs a stride of 1"};
  const Size2 seen = is_positive(kernel) ? extent() : kernel;
  ImageShape padded = in;
  if (same && is_positive(seen)) {
    padded.height += seen.height - 1;
    padded.width += seen.width - 1;
  }
  const bool dilated = dilation != Size2{1, 1};
  const auto out = windows(dilated ? "conv2d, its dilation counted," : kType, padded, seen, stride,
                           padding, filters);
  if (out && !affordable(*this, in, *out)) return unaffordable(kType, in);
  return out;
}

WeightShape Conv2d::weight_shape(ImageShape in) const {
  const auto count = static_cast<std::size_t>(filters);
  return {static_cast<std::size_t>(kernel.height) * static_cast<std::size_t>(kernel.width) *
              static_cast<std::size_t>(in.channels / groups),
          count, bias ? count : 0};
}

/// O×I/groups×kH×kW.
WeightTensor Conv2d::weight_tensor(const Placement& place) const {
  const auto channels = static_cast<std::size_t>(place.in.channels / groups);
  return {"weight",
          {place.shape.columns, channels, static_cast<std::size_t>(kernel.height),
           static_cast<std::size_t>(kernel.width)},
          channels};
}

std::size_t Conv2d::multiply_adds(ImageShape in) const {
  const auto out = output_shape(in);
  return out ? weight_shape(in).weight() * out->pixels() : 0;
}

void Conv2d::plan(Placement& place) const {
  if (!ordinary()) return;
  place.conv = cpu_ops().plan_conv2d(conv_shape(*this, place), place.fusion, Sums::fastest);
}

PackedSize Conv2d::packed_size(const Placement& place) const {
  const std::size_t zeros = bias ? 0 : whole_lines(place.shape.columns);
  if (!ordinary()) {
    const std::size_t weights = whole_lines(place.shape.weight());
    return {weights + zeros, weights};
  }
  return {whole_lines(place.conv.packed) + zeros, whole_lines(place.conv.packed_transposed)};
}

/// All rows, whichever are asked for: the packed forms are not made of rows.
void Conv2d::pack(const Placement& place, RowRange, const float* weight, float* forward,
                  float* transposed) const {
  if (!ordinary()) {
    const GroupedConv2dShape shape = grouped_shape(*this, place);
    grouped_conv2d_pack(shape, ConvDirection::forward, weight, forward);
    if (transposed == nullptr) return;
    grouped_conv2d_pack(shape, ConvDirection::input_gradient, weight, transposed);
    return;
  }
  cpu_ops().conv2d_pack(place.conv, weight, forward);
  if (transposed != nullptr) cpu_ops().conv2d_pack_transposed(place.conv, weight, transposed);
}

LayerMemory Conv2d::memory(const Placement& place) const { return {.scratch = place.conv.scratch}; }

void Conv2d::forward(const LayerCall& call, const float* x, float* y) const {
  if (!ordinary()) {
    grouped_conv2d(grouped_shape(*this, call.place), ConvDirection::forward, call.count, x,
                   call.packed, conv_bias(*this, call), y);
    return;
  }
  cpu_ops().conv2d_forward(prepared_conv(call), call.count, x, conv_bias(*this, call), y,
                           call.scratch);
}

void Conv2d::input_gradient(const LayerCall& call, const float*, const float* dy, float* dx) const {
  if (!ordinary()) {
    grouped_conv2d(grouped_shape(*this, call.place), ConvDirection::input_gradient, call.count, dy,
                   call.packed_transposed, nullptr, dx);
    return;
  }
  cpu_ops().conv2d_input_gradient(prepared_conv(call), call.count, dy, dx, call.scratch);
}

/// Where there is no bias, its gradient has a place behind the packed gradient.
TrainingMemory Conv2d::training_memory(const Placement& place, std::size_t) const {
  return {.shared =
              cpu_training_ops().packed_gradient_size(place.out.pixels(), place.shape.columns) +
              (bias ? 0 : place.shape.columns)};
}

void Conv2d::weight_gradient(const TrainingCall& call, const float* x, const float* dy,
                             float* dweight, float* dbias) const {
  const LayerCall& layer = call.layer;
  const Placement& place = layer.place;
  if (!bias) {
    dbias = call.shared +
            cpu_training_ops().packed_gradient_size(place.out.pixels(), place.shape.columns);
  }
  if (!ordinary()) {
    grouped_conv2d_weight_gradient(grouped_shape(*this, place), layer.count, x, dy, dweight, dbias);
    return;
  }
  cpu_training_ops().conv2d_weight_gradient(place.conv, layer.count, x, dy, dweight, dbias,
                                            layer.scratch, call.shared);
}

}  // namespace signflip
