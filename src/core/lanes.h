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
/// Two registers: compilers split a vector of four doubles badly.
typedef double Double2 __attribute__((vector_size(16)));
struct Double4 {
  Double2 low, high;
};

/// Loads 1 to 3 values; the other lanes get `rest`. Out of line: only an image's tail needs it.
[[gnu::noinline]] inline Float4 load_few(const float* from, std::size_t count, float rest) {
  Float4 value = Float4{} + rest;
  for (std::size_t lane = 0; lane < count; ++lane) value[lane] = from[lane];
  return value;
}

[[gnu::noinline]] inline void store_few(Float4 value, float* to, std::size_t count) {
  for (std::size_t lane = 0; lane < count; ++lane) to[lane] = value[lane];
}

/// Loads `count` ≤ 4 values; the other lanes get `rest`.
inline Float4 load4(const float* from, std::size_t count, float rest = 0.0F) {
  if (count < kLanes) return load_few(from, count, rest);
  Float4 value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

inline void store4(Float4 value, float* to, std::size_t count) {
  if (count < kLanes) return store_few(value, to, count);
  std::memcpy(to, &value, sizeof value);
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

inline Double4 widened(Float4 value) {
  typedef float Float2 __attribute__((vector_size(8)));
  const Float2 low = __builtin_shufflevector(value, value, 0, 1);
  const Float2 high = __builtin_shufflevector(value, value, 2, 3);
  return {__builtin_convertvector(low, Double2), __builtin_convertvector(high, Double2)};
}

inline Float4 narrowed(Double4 value) {
  typedef float Float2 __attribute__((vector_size(8)));
  const Float2 low = __builtin_convertvector(value.low, Float2);
  const Float2 high = __builtin_convertvector(value.high, Float2);
  return __builtin_shufflevector(low, high, 0, 1, 2, 3);
}

inline Double4 magnitude(Double4 value) {
  typedef std::int64_t Long2 __attribute__((vector_size(16)));
  const Long2 low = reinterpret_cast<Long2>(value.low), high = reinterpret_cast<Long2>(value.high);
  constexpr std::int64_t kMagnitude = INT64_MAX;  // all bits but the sign
  return {reinterpret_cast<Double2>(low & kMagnitude),
          reinterpret_cast<Double2>(high & kMagnitude)};
}
inline Double4 operator-(Double4 a, Double4 b) { return {a.low - b.low, a.high - b.high}; }
inline Double4 operator*(Double4 a, double b) { return {a.low * b, a.high * b}; }

/// Sums of every fourth term, so that one addition need not wait for the one before.
inline void add_to(Double4& sums, Double4 terms) {
  sums.low += terms.low;
  sums.high += terms.high;
}
inline void add_squares_to(Double4& sums, Double4 terms) {
  sums.low += terms.low * terms.low;
  sums.high += terms.high * terms.high;
}
inline double total(Double4 sums) {
  return (sums.low[0] + sums.low[1]) + (sums.high[0] + sums.high[1]);
}

/// body(first, count) for stretches of 4, then for what is left.
template <class Body>
inline void by_fours(std::size_t size, const Body& body) {
  for (std::size_t j = 0; j < size; j += kLanes) {
    body(j, size - j < kLanes ? size - j : kLanes);
  }
}

}  // namespace signflip
