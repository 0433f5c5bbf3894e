// Intervals through a dense layer: the centre by W, the radius by |W|.
#include "certify/layers/declared.h"

#include "backend/ops.h"

namespace signflip {

IntervalStep interval_step(const Dense&, const Placement&) { return IntervalStep::apart; }

void interval_forward(const Dense&, const IntervalCall& call, Interval x, Interval y) {
  const LayerCall& layer = call.layer;
  const DensePlan& plan = layer.place.dense;
  if (call.certain) widen(layer.inputs(), x, call.affine(layer.place.shape.rows));
  cpu_ops().dense_forward({plan, layer.weight, layer.packed}, layer.count, x.centre, layer.bias,
                          y.centre);
  cpu_ops().dense_forward({plan, call.absolute, call.packed_absolute}, layer.count, x.radius,
                          call.radius_bias, y.radius);
}

void interval_input_gradient(const Dense&, const IntervalTrainingCall& call, Interval, Interval dy,
                             Interval dx) {
  const LayerCall& layer = call.interval.layer;
  PreparedDense dense = prepared_dense(layer);
  cpu_ops().dense_input_gradient(dense, layer.count, dy.centre, dx.centre);
  dense.packed_transposed = call.interval.packed_absolute_transposed;
  cpu_ops().dense_input_gradient(dense, layer.count, dy.radius, dx.radius);
}

void interval_weight_gradient(const Dense&, const IntervalTrainingCall& call, Interval x,
                              Interval dy, IntervalWeightGradient gradient) {
  const LayerCall& layer = call.interval.layer;
  const DenseShape shape = dense_shape(layer.place);
  const TrainingOps& ops = cpu_training_ops();
  const auto add = [&](const float* values, const float* dvalues, float* dw, float* db) {
    ops.dense_gradient_pack(shape, layer.count, dvalues, db, call.packed_dy);
    ops.dense_weight_gradient(shape, layer.count, {0, layer.place.shape.rows}, values,
                              call.packed_dy, dw);
  };
  add(x.centre, dy.centre, gradient.weight, gradient.bias);
  add(x.radius, dy.radius, gradient.absolute, call.unused_bias);
}

}  // namespace signflip
