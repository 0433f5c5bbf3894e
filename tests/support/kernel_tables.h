// The tables of kernels that this processor can run. CMake picks one of kernel_tables_*.cpp.
#pragma once

#include <vector>

#include "backend/cpu/tables.h"

namespace signflip::test {

struct KernelTable {
  const Ops* ops;
  const TrainingOps* training_ops;
};

std::vector<KernelTable> kernel_tables();

}  // namespace signflip::test
