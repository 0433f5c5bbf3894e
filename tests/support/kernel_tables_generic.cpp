// Where there is one table of kernels only: WebAssembly, Arm.
#include "support/kernel_tables.h"

namespace signflip::test {

std::vector<KernelTable> kernel_tables() {
  return {{&cpu::generic::ops, &cpu::generic::training_ops}};
}

}  // namespace signflip::test
