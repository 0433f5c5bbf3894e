// Batches on threads of the CPU. A batch is cut into shards of at most kShard images; each leaves
// its gradient in memory of its own, and these are added in a fixed order, so that the number of
// threads changes no byte.
#pragma once

#include "train/batch_runner.h"

namespace signflip {

Result<std::unique_ptr<BatchRunner>> make_cpu_batches(TrainerState& state, const Sequential*);

}  // namespace signflip
