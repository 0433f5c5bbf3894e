// x86-64: asks the processor, like src/backend/cpu/select_x86.cpp.
#include "support/kernel_tables.h"

namespace signflip::test {

std::vector<KernelTable> kernel_tables() {
  std::vector<KernelTable> tables = {{&cpu::generic::ops, &cpu::generic::training_ops}};
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return tables;
  tables.push_back({&cpu::avx2::ops, &cpu::avx2::training_ops});
  if (!__builtin_cpu_supports("avx512f")) return tables;
  tables.push_back({&cpu::avx512::ops, &cpu::avx512::training_ops});
  return tables;
}

}  // namespace signflip::test
