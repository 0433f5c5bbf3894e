#include "attack/ascent.h"

#include <algorithm>
#include <memory>

#include "attack/geometry/pixels.h"
#include "core/exact/softmax.h"

namespace signflip {
namespace {

void clip(Bounds bounds, std::span<float> image) {
  for (float& pixel : image) pixel = std::clamp(pixel, bounds.low, bounds.high);
}

}  // namespace

void start_climb(const Climb& climb, const Ball& ball, std::size_t i, Rng& rng,
                 std::span<float> image) {
  switch (climb.start) {
    case Climb::Start::clean:
      break;
    case Climb::Start::uniform:
      ball.random_point(i, rng, image);
      break;
    case Climb::Start::surface:
      ball.random_surface_point(i, rng, image);
      break;
    case Climb::Start::noise: {
      const auto noise = static_cast<float>(climb.noise * ball.epsilon());
      for (float& pixel : image) pixel += noise * rng.uniform(-1.0F, 1.0F);
      clip(ball.bounds(), image);
      break;
    }
    case Climb::Start::normal:
      for (float& pixel : image) pixel += kNormalStart * rng.normal();
      clip(ball.bounds(), image);
      break;
  }
}

bool ascend(const Shard& shard, const Climb& climb, const Ball& ball) {
  const Rows<float> images = shard.adversarial;
  RowBuffer<float> dlogits(shard.count, shard.classes());
  const std::size_t size = images.values().size();
  const std::unique_ptr<float[]> gradients(new float[size]);  // a RowBuffer would clear it
  const Rows<float> gradient({gradients.get(), size}, images.width());
  RowBuffer<float> velocity(climb.momentum ? shard.count : 0, images.width());
  const bool diverges = climb.loss == Climb::Loss::divergence;
  RowBuffer<float> clean_prediction(diverges ? shard.count : 0, shard.classes());
  if (diverges) {
    const Rows<const float> logits = logits_of(shard.pass, shard.clean);
    for (std::size_t i = 0; i < shard.count; ++i) softmax(logits[i], clean_prediction[i]);
  }
  const double step_size = climb.step(ball.epsilon());
  for (int step = 0; step < climb.steps; ++step) {
    if (!shard.tick(static_cast<double>(step) / climb.steps)) return false;
    const Rows<const float> logits = logits_of(shard.pass, images);
    for (std::size_t i = 0; i < shard.count; ++i) {
      shard.observe(i, step, logits[i], images[i]);
      climb_direction(climb.loss, shard.goal(i),
                      diverges ? clean_prediction[i] : std::span<const float>(), logits[i],
                      dlogits[i]);
    }
    shard.pass.input_gradient(dlogits.rows(), gradient);
    for (std::size_t i = 0; i < shard.count; ++i) {
      std::span<const float> direction = gradient[i];
      if (climb.momentum) {
        add_normalised(direction, climb.decay, velocity[i]);
        direction = velocity[i];
      }
      steepest_step(climb.norm, direction, step_size, images[i]);
      if (climb.project) {
        ball.project(i, images[i]);
      } else {
        clip(shard.bounds, images[i]);
      }
    }
  }
  return true;
}

}  // namespace signflip
