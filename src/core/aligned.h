// Arrays that begin where a cache line does: vectors of 64 bytes read from one line, not two.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace signflip {

constexpr std::size_t kCacheLine = 64;  ///< bytes

/// How many values, rounded up, fill whole cache lines.
template <class T>
constexpr std::size_t whole_lines(std::size_t count) {
  constexpr std::size_t line = kCacheLine / sizeof(T);
  return (count + line - 1) / line * line;
}

template <class T>
struct LineAllocator {
  using value_type = T;

  LineAllocator() = default;
  template <class U>
  LineAllocator(const LineAllocator<U>&) {}

  T* allocate(std::size_t count) {
    return static_cast<T*>(::operator new (count * sizeof(T), std::align_val_t{kCacheLine}));
  }
  void deallocate(T* memory, std::size_t) {
    ::operator delete (memory, std::align_val_t{kCacheLine});
  }
  bool operator==(const LineAllocator&) const = default;
};

template <class T>
using AlignedVector = std::vector<T, LineAllocator<T>>;

}  // namespace signflip
