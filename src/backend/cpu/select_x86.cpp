// Chooses the kernels on x86-64 by what the processor can do.
#include <cstdlib>
#include <string_view>

#include "backend/cpu/tables.h"

namespace signflip {
namespace {

enum class InstructionSet { generic, avx2, avx512 };

InstructionSet choose() {
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f");
  const char* const wish = std::getenv("SIGNFLIP_KERNELS");
  const std::string_view wanted = wish != nullptr ? wish : "";
  if (wanted == "generic") return InstructionSet::generic;
  if (avx2 && wanted == "avx2") return InstructionSet::avx2;
  if (avx512) return InstructionSet::avx512;
  return avx2 ? InstructionSet::avx2 : InstructionSet::generic;
}

InstructionSet chosen() {
  static const InstructionSet set = choose();
  return set;
}

}  // namespace

const Ops& cpu_ops() {
  switch (chosen()) {
    case InstructionSet::avx512:
      return cpu::avx512_ops;
    case InstructionSet::avx2:
      return cpu::avx2_ops;
    case InstructionSet::generic:
      break;
  }
  return cpu::generic_ops;
}

const TrainingOps& cpu_training_ops() {
  switch (chosen()) {
    case InstructionSet::avx512:
      return cpu::avx512_training_ops;
    case InstructionSet::avx2:
      return cpu::avx2_training_ops;
    case InstructionSet::generic:
      break;
  }
  return cpu::generic_training_ops;
}

}  // namespace signflip
