// Four numbers at a time, for loops over pixels: GCC's and Clang's vector types, which become SSE2
// on x86-64 and SIMD128 in WebAssembly. Not for the kernels of backend/cpu/, whose vectors are as
// wide as the processor's. Every operation rounds as its scalar counterpart does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace signflip {

constexpr std::size_t kLanes = 4;

typedef float Float4 __attribute__((vector_size(16)));
typedef std::int32_t Int4 __attribute__((vector_size(16)));
typedef double Double4 __attribute__((vector_size(32)));

/// `count` ≤ 4 values; lanes beyond them are 0.
inline Float4 load4(const float* from, std::size_t count) {
  Float4 value = {};
  std::memcpy(&value, from, count * sizeof(float));
  return value;
}

inline void store4(Float4 value, float* to, std::size_t count) {
  std::memcpy(to, &value, count * sizeof(float));
}

inline Int4 bits(Float4 value) { return reinterpret_cast<Int4>(value); }
inline Float4 from_bits(Int4 value) { return reinterpret_cast<Float4>(value); }

/// where ? a : b, lane by lane.
inline Float4 choose(Int4 where, Float4 a, Float4 b) {
  return from_bits((bits(a) & where) | (bits(b) & ~where));
}
// Written so that they are one instruction each.
inline Float4 smaller(Float4 a, Float4 b) { return b < a ? b : a; }
inline Float4 larger(Float4 a, Float4 b) { return b > a ? b : a; }

inline Double4 widened(Float4 value) { return __builtin_convertvector(value, Double4); }
inline Float4 narrowed(Double4 value) { return __builtin_convertvector(value, Float4); }

/// Σ term(j) in double precision, as four sums of every fourth term, so that one addition need not
/// wait for the one before; in the same order whatever the compiler.
template <class Term>
inline double sum_of(std::size_t size, const Term& term) {
  double sums[kLanes] = {};
  std::size_t j = 0;
  for (; j + kLanes <= size; j += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += term(j + lane);
  }
  for (std::size_t lane = 0; j < size; ++j, ++lane) sums[lane] += term(j);
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

/// body(first, count) for stretches of 4, then for what is left.
template <class Body>
inline void by_fours(std::size_t size, const Body& body) {
  std::size_t j = 0;
  for (; j + kLanes <= size; j += kLanes) body(j, kLanes);
  if (j < size) body(j, size - j);
}

}  // namespace signflip
