// The only kernels there are where the processor is not x86-64: WebAssembly, Arm.
#include "backend/cpu/tables.h"

namespace signflip {

const Ops& cpu_ops() { return cpu::generic::ops; }
const TrainingOps& cpu_training_ops() { return cpu::generic::training_ops; }

}  // namespace signflip
