// Runs a climb (climb.h) on the CPU; not Auto-PGD, which is methods/apgd.cpp.
#pragma once

#include <cstddef>
#include <span>

#include "attack/climb.h"
#include "attack/geometry/norms.h"
#include "attack/shard.h"

namespace signflip {

/// Moves `image`, which is clean image i of the ball, to where the climb starts.
void start_climb(const Climb& climb, const Ball& ball, std::size_t i, Rng& rng,
                 std::span<float> image);

/// Climbs with the shard's adversarial images from where they are. False: told to stop. Costs
/// climb.steps gradients and queries per image, and a query more for the divergence.
bool ascend(const Shard& shard, const Climb& climb, const Ball& ball);

/// Both for all images of the shard, which are clean yet; stream_of(i) gives the random numbers of
/// image i.
template <class StreamOf>
bool start_and_ascend(const Shard& shard, const Climb& climb, double epsilon, StreamOf stream_of) {
  const Ball ball(shard.clean, climb.norm, epsilon, shard.bounds,
                  climb.steps > 1 ? Ball::Use::often : Ball::Use::once);
  for (std::size_t i = 0; climb.start != Climb::Start::clean && i < shard.count; ++i) {
    start_climb(climb, ball, i, stream_of(i), shard.adversarial[i]);
  }
  return ascend(shard, climb, ball);
}

}  // namespace signflip
