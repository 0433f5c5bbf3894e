#include "nn/layers/dense.h"

#include "backend/ops.h"
#include "core/aligned.h"
#include "core/concat.h"

namespace signflip {

DenseShape dense_shape(const Placement& place) {
  return {static_cast<int>(place.in.size()), static_cast<int>(place.out.size())};
}

PreparedDense prepared_dense(const LayerCall& call) {
  return {call.place.dense, call.weight, call.packed, call.packed_transposed};
}

Result<ImageShape> Dense::output_shape(ImageShape in) const {
  if (in.height != 1 || in.width != 1) {
    return Error{
        concat("dense needs a flat input, not ", to_string(in), ": put a flatten before it")};
  }
  const Status counted = check_count("dense's units", units);
  if (!counted) return counted.error();
  if (double(in.channels) * units > double(kMaximumParameters)) return unaffordable(kType, in);
  return ImageShape{1, 1, units};
}

WeightShape Dense::weight_shape(ImageShape in) const {
  const auto count = static_cast<std::size_t>(units);
  return {in.size(), count, count};
}

/// out×in.
WeightTensor Dense::weight_tensor(const Placement& place) const {
  return {"weight", {place.shape.columns, place.shape.rows}};
}

void Dense::plan(Placement& place) const { place.dense = cpu_ops().plan_dense(dense_shape(place)); }

PackedSize Dense::packed_size(const Placement& place) const {
  return {whole_lines(place.dense.packed), whole_lines(place.dense.packed_transposed)};
}

void Dense::pack(const Placement& place, RowRange rows, const float* weight, float* forward,
                 float* transposed) const {
  cpu_ops().dense_pack(place.dense, rows, weight, forward);
  if (transposed != nullptr) cpu_ops().dense_pack_transposed(place.dense, rows, weight, transposed);
}

void Dense::forward(const LayerCall& call, const float* x, float* y) const {
  cpu_ops().dense_forward(prepared_dense(call), call.count, x, call.bias, y);
}

void Dense::input_gradient(const LayerCall& call, const float*, const float* dy, float* dx) const {
  cpu_ops().dense_input_gradient(prepared_dense(call), call.count, dy, dx);
}

TrainingMemory Dense::training_memory(const Placement& place, std::size_t capacity) const {
  return {.kept = cpu_training_ops().packed_gradient_size(capacity, place.shape.columns)};
}

void Dense::weight_gradient(const TrainingCall& call, const float*, const float* dy, float*,
                            float* dbias) const {
  cpu_training_ops().dense_gradient_pack(dense_shape(call.layer.place), call.layer.count, dy, dbias,
                                         call.kept);
}

void Dense::add_row_gradients(const TrainingCall& call, RowRange rows, const float* x,
                              float* sum) const {
  cpu_training_ops().dense_weight_gradient(dense_shape(call.layer.place), call.layer.count, rows, x,
                                           call.kept, sum);
}

}  // namespace signflip
