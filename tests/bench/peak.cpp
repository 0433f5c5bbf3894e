// The machine's measured peak with each of its instruction sets, and with that of the kernels in
// use: a register-blocked multiply-add loop, twelve independent sums, nothing from memory. What a
// kernel could reach at most.
#include <atomic>
#include <memory>
#include <string_view>

#include "backend/ops.h"
#include "bench/cases.h"
#include "core/thread_pool.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wpsabi"
#endif
#if defined(__x86_64__)
#define SIGNFLIP_TARGET(set) __attribute__((target(set)))
#else
#define SIGNFLIP_TARGET(set)
#endif

namespace signflip::bench {
namespace {

constexpr std::size_t kSums = 12, kRounds = 1 << 16;

typedef float Vector128 __attribute__((vector_size(16)));
typedef float Vector256 __attribute__((vector_size(32)));
typedef float Vector512 __attribute__((vector_size(64)));

template <class Vector>
__attribute__((always_inline)) inline float multiply_add() {
  volatile float unknown = 0.999F;  // sums that are known to be equal would be computed once
  Vector sum[kSums];
  for (std::size_t i = 0; i < kSums; ++i) sum[i] = Vector{} + unknown * static_cast<float>(i);
  const Vector factor = Vector{} + unknown, term = Vector{} + 0.001F;
  for (std::size_t round = 0; round < kRounds; ++round) {
    for (std::size_t i = 0; i < kSums; ++i) sum[i] = sum[i] * factor + term;
  }
  Vector total = {};
  for (const Vector& each : sum) total += each;
  return total[0];
}

SIGNFLIP_TARGET("avx512f,fma") float wide512() { return multiply_add<Vector512>(); }
SIGNFLIP_TARGET("avx2,fma") float wide256() { return multiply_add<Vector256>(); }
float wide128() { return multiply_add<Vector128>(); }

/// The loop with one instruction set, each named as its kernels are.
struct Set {
  std::string_view kernels;
  float (*loop)();
  double width;
};
constexpr Set kSets[] = {{"generic", wide128, 4}, {"avx2", wide256, 8}, {"avx512", wide512, 16}};

bool is_here(const Set& set) {
#if defined(__x86_64__)
  if (set.width == 16) return __builtin_cpu_supports("avx512f");
  if (set.width == 8) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
  return set.width == 4;
}

Case peak_of(const Set& set, const std::string& name, int threads) {
  const auto pieces = static_cast<std::size_t>(4 * threads);
  Case peak;
  peak.name = name + "/threads:" + std::to_string(threads);
  peak.operations = 2.0 * set.width * kSums * kRounds * static_cast<double>(pieces);
  peak.prepare = [loop = set.loop, pieces, threads] {
    const auto pool = std::make_shared<ThreadPool>(threads);
    return [=] {
      std::atomic<float> kept{0};  // so that no loop is dropped as unused
      pool->for_each(pieces, [&](std::size_t, int) { kept = loop(); });
    };
  };
  return peak;
}

}  // namespace

void add_peak_cases(std::vector<Case>& cases, int threads) {
  const std::string_view kernels = cpu_ops().name;
  const bool wide = kernels == "avx2" || kernels == "avx512";
  for (const Set& set : kSets) {
    if (!is_here(set)) continue;
    // Whatever else the kernels are called, theirs are vectors of 128 bits.
    const bool used = wide ? set.kernels == kernels : set.width == 4;
    cases.push_back(used ? peak_of(set, "peak/" + std::string(kernels), threads)
                         : peak_of(set, "peak-of/" + std::string(set.kernels), threads));
  }
}

}  // namespace signflip::bench
