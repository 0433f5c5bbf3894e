// x86-64: asks the processor, like src/backend/cpu/select_x86.cpp.
#include "support/kernel_tables.h"

namespace signflip::test {

std::vector<KernelTable> kernel_tables() {
  std::vector<KernelTable> tables = {{&cpu::generic_ops, &cpu::generic_training_ops}};
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return tables;
  tables.push_back({&cpu::avx2_ops, &cpu::avx2_training_ops});
  if (!__builtin_cpu_supports("avx512f")) return tables;
  tables.push_back({&cpu::avx512_ops, &cpu::avx512_training_ops});
  return tables;
}

}  // namespace signflip::test
