// Chooses the kernels on x86-64 by what the processor can do.
#include <cstdlib>
#include <string_view>

#include "backend/cpu/tables.h"

namespace signflip {
namespace {

struct Tables {
  const Ops& ops;
  const TrainingOps& training_ops;
};

Tables choose() {
  const Tables generic{cpu::generic::ops, cpu::generic::training_ops};
  const Tables avx2{cpu::avx2::ops, cpu::avx2::training_ops};
  const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool has_avx512 = has_avx2 && __builtin_cpu_supports("avx512f");
  const char* const wish = std::getenv("SIGNFLIP_KERNELS");
  const std::string_view wanted = wish != nullptr ? wish : "";
  if (wanted == "generic" || !has_avx2) return generic;
  if (wanted == "avx2" || !has_avx512) return avx2;
  return {cpu::avx512::ops, cpu::avx512::training_ops};
}

const Tables& chosen() {
  static const Tables tables = choose();
  return tables;
}

}  // namespace

const Ops& cpu_ops() { return chosen().ops; }
const TrainingOps& cpu_training_ops() { return chosen().training_ops; }

}  // namespace signflip
