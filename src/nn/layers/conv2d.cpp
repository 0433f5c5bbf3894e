#include "nn/layers/conv2d.h"

#include "backend/ops.h"
#include "core/aligned.h"

namespace signflip {

Conv2dShape conv_shape(const Conv2d& layer, const Placement& place) {
  return {place.in, place.out, layer.kernel, layer.stride, layer.padding};
}

PreparedConv prepared_conv(const LayerCall& call) {
  return {call.place.conv, call.weight, call.packed, call.packed_transposed};
}

namespace {

/// Whether weights and scratch memory stay within the limits. In double, which no product of sides
/// can overflow, unlike the 32-bit size_t of WebAssembly.
bool affordable(const Conv2d& l, ImageShape in, ImageShape out) {
  const double patch = double(l.kernel.height) * l.kernel.width * in.channels;
  const double padded =
      double(in.height + 2 * l.padding.height) * (in.width + 2 * l.padding.width) * in.channels;
  return patch * l.filters <= double(kMaximumParameters) &&
         padded + patch * out.width <= double(kMaximumActivations);
}

}  // namespace

Result<ImageShape> Conv2d::output_shape(ImageShape in) const {
  const Status counted = check_count("conv2d's filters", filters);
  if (!counted) return counted.error();
  const auto out = windows(kType, in, kernel, stride, padding, filters);
  if (out && !affordable(*this, in, *out)) return unaffordable(kType, in);
  return out;
}

WeightShape Conv2d::weight_shape(ImageShape in) const {
  const auto count = static_cast<std::size_t>(filters);
  return {static_cast<std::size_t>(kernel.height) * static_cast<std::size_t>(kernel.width) *
              static_cast<std::size_t>(in.channels),
          count, count};
}

/// O×I×kH×kW.
WeightTensor Conv2d::weight_tensor(const Placement& place) const {
  const auto channels = static_cast<std::size_t>(place.in.channels);
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
  place.conv = cpu_ops().plan_conv2d(conv_shape(*this, place), place.fusion, Sums::fastest);
}

PackedSize Conv2d::packed_size(const Placement& place) const {
  return {whole_lines(place.conv.packed), whole_lines(place.conv.packed_transposed)};
}

/// All rows, whichever are asked for: the packed forms are not made of rows.
void Conv2d::pack(const Placement& place, RowRange, const float* weight, float* forward,
                  float* transposed) const {
  cpu_ops().conv2d_pack(place.conv, weight, forward);
  if (transposed != nullptr) cpu_ops().conv2d_pack_transposed(place.conv, weight, transposed);
}

LayerMemory Conv2d::memory(const Placement& place) const { return {.scratch = place.conv.scratch}; }

void Conv2d::forward(const LayerCall& call, const float* x, float* y) const {
  cpu_ops().conv2d_forward(prepared_conv(call), call.count, x, call.bias, y, call.scratch);
}

void Conv2d::input_gradient(const LayerCall& call, const float*, const float* dy, float* dx) const {
  cpu_ops().conv2d_input_gradient(prepared_conv(call), call.count, dy, dx, call.scratch);
}

TrainingMemory Conv2d::training_memory(const Placement& place, std::size_t) const {
  return {.shared =
              cpu_training_ops().packed_gradient_size(place.out.pixels(), place.shape.columns)};
}

void Conv2d::weight_gradient(const TrainingCall& call, const float* x, const float* dy,
                             float* dweight, float* dbias) const {
  const LayerCall& layer = call.layer;
  cpu_training_ops().conv2d_weight_gradient(layer.place.conv, layer.count, x, dy, dweight, dbias,
                                            layer.scratch, call.shared);
}

}  // namespace signflip
