// Lists of the values that are not zero. Works on as many values at a time as the instruction set
// can compress to the front of a vector: 16 with AVX-512, 4 in WebAssembly, else 1. No branch
// depends on the values, because it could not be predicted.
//
// Listing stores whole vectors, so a list needs kListLanes − 1 spare slots.
#pragma once

#if defined(__AVX512F__)
#include <immintrin.h>
#elif defined(__wasm_simd128__)
#include <wasm_simd128.h>
#endif

#include <cstddef>

namespace signflip::cpu::SIGNFLIP_ISA {
namespace {

#if defined(__AVX512F__)

constexpr std::size_t kListLanes = 16;
typedef int ListVector __attribute__((vector_size(64)));
typedef __mmask16 Chosen;
constexpr ListVector kLaneNumbers = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

/// The bits of the first kListLanes of `count` values; zeros behind the last.
inline ListVector load_lanes(const float* values, std::size_t count) {
  const auto in = static_cast<__mmask16>(count < 16 ? (1U << count) - 1 : 0xFFFF);
  return reinterpret_cast<ListVector>(_mm512_maskz_loadu_ps(in, values));
}

/// Which of these values are not zero (−0 is).
inline Chosen not_zero(ListVector values) {
  return _mm512_cmp_ps_mask(reinterpret_cast<__m512>(values), _mm512_setzero_ps(), _CMP_NEQ_UQ);
}

/// Stores the chosen lanes one behind the other; the lanes behind them are undefined.
inline void store_chosen(void* to, Chosen chosen, ListVector lanes) {
  _mm512_storeu_si512(to, _mm512_maskz_compress_epi32(chosen, reinterpret_cast<__m512i>(lanes)));
}

#elif defined(__wasm_simd128__)

constexpr std::size_t kListLanes = 4;
typedef int ListVector __attribute__((vector_size(16)));
typedef unsigned Chosen;  // bits
constexpr ListVector kLaneNumbers = {0, 1, 2, 3};

/// For each set of chosen lanes the bytes that move them to the front.
struct Compression {
  constexpr Compression() : bytes{} {
    for (int chosen = 0; chosen < 16; ++chosen) {
      int to = 0;
      for (int lane = 0; lane < 4; ++lane) {
        for (int b = 0; (chosen >> lane & 1) != 0 && b < 4; ++b) {
          bytes[chosen][to++] = static_cast<unsigned char>(4 * lane + b);
        }
      }
    }
  }
  alignas(16) unsigned char bytes[16][16];
};
constexpr Compression kCompression;

/// Fewer than four. Out of line: only the end of an array needs it.
[[gnu::noinline]] ListVector load_few_lanes(const float* values, std::size_t count) {
  const v128_t two = count == 1 ? wasm_v128_load32_zero(values) : wasm_v128_load64_zero(values);
  return reinterpret_cast<ListVector>(count == 3 ? wasm_v128_load32_lane(values + 2, two, 2) : two);
}

inline ListVector load_lanes(const float* values, std::size_t count) {
  if (count < 4) return load_few_lanes(values, count);
  return reinterpret_cast<ListVector>(wasm_v128_load(values));
}

inline Chosen not_zero(ListVector values) {
  return wasm_i32x4_bitmask(wasm_f32x4_ne(reinterpret_cast<v128_t>(values), wasm_f32x4_splat(0)));
}

inline void store_chosen(void* to, Chosen chosen, ListVector lanes) {
  const v128_t bytes = wasm_v128_load(kCompression.bytes[chosen]);
  wasm_v128_store(to, wasm_i8x16_swizzle(reinterpret_cast<v128_t>(lanes), bytes));
}

#else

constexpr std::size_t kListLanes = 1;
typedef int ListVector;
typedef bool Chosen;
constexpr ListVector kLaneNumbers = 0;

inline ListVector load_lanes(const float* values, std::size_t) {
  ListVector lane;
  __builtin_memcpy(&lane, values, sizeof lane);
  return lane;
}

inline Chosen not_zero(ListVector values) { return (values & 0x7FFFFFFF) != 0; }

inline void store_chosen(void* to, Chosen, ListVector lane) {
  __builtin_memcpy(to, &lane, sizeof lane);
}

#endif

// The number of chosen lanes; and a mask of the lanes where a comparison is true.
#if defined(__AVX512F__) || defined(__wasm_simd128__)
inline std::size_t count_of(Chosen chosen) {
  return static_cast<std::size_t>(__builtin_popcount(chosen));
}
inline ListVector where(ListVector true_lanes) { return true_lanes; }
#else
inline std::size_t count_of(Chosen chosen) { return chosen ? 1 : 0; }
inline ListVector where(bool is_true) { return is_true ? -1 : 0; }
#endif

/// Writes the indices of the values that are not zero; returns their number.
inline std::size_t list_nonzero(const float* values, std::size_t count, int* list) {
  std::size_t alive = 0;
  for (std::size_t k = 0; k < count; k += kListLanes) {
    const Chosen some = not_zero(load_lanes(values + k, count - k));
    store_chosen(list + alive, some, kLaneNumbers + static_cast<int>(k));
    alive += count_of(some);
  }
  return alive;
}

/// The same of values whose offsets are first, first + step, …: writes values and offsets.
inline std::size_t list_with_offsets(const float* values, std::size_t count, int first, int step,
                                     float* to_values, void* to_offsets) {
  std::size_t alive = 0;
  for (std::size_t k = 0; k < count; k += kListLanes) {
    const ListVector lanes = load_lanes(values + k, count - k);
    const Chosen some = not_zero(lanes);
    store_chosen(to_values + alive, some, lanes);
    store_chosen(static_cast<int*>(to_offsets) + alive, some,
                 (kLaneNumbers + static_cast<int>(k)) * step + first);
    alive += count_of(some);
  }
  return alive;
}

}  // namespace
}  // namespace signflip::cpu::SIGNFLIP_ISA
