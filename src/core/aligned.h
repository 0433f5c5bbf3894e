// Floats that begin where a cache line does: vectors of 64 bytes read from one line, not two.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

namespace signflip {

constexpr std::size_t kCacheLine = 64;  ///< bytes

/// How many floats, rounded up, fill whole cache lines.
constexpr std::size_t whole_lines(std::size_t count) {
  constexpr std::size_t line = kCacheLine / sizeof(float);
  return (count + line - 1) / line * line;
}

struct FreeAligned {
  void operator()(float* memory) const { ::operator delete (memory, std::align_val_t{kCacheLine}); }
};
using AlignedMemory = std::unique_ptr<float[], FreeAligned>;

/// Not cleared.
inline AlignedMemory aligned_memory(std::size_t size) {
  return AlignedMemory(
      static_cast<float*>(::operator new (size * sizeof(float), std::align_val_t{kCacheLine})));
}

/// An array of a fixed size, all 0 at first. Unlike std::vector it is cleared in one piece: in a
/// browser, code that runs for the first time takes longer to clear a network value by value than
/// to load it.
class AlignedFloats {
 public:
  AlignedFloats() = default;
  explicit AlignedFloats(std::size_t size) : size_(size), memory_(aligned_memory(size)) {
    std::memset(memory_.get(), 0, size * sizeof(float));
  }

  AlignedFloats(const AlignedFloats& other) : AlignedFloats(other.size_) {
    if (size_ > 0) std::memcpy(data(), other.data(), size_ * sizeof(float));
  }
  AlignedFloats(AlignedFloats&& other) noexcept
      : size_(std::exchange(other.size_, 0)), memory_(std::move(other.memory_)) {}
  AlignedFloats& operator=(AlignedFloats other) noexcept {
    size_ = other.size_;
    memory_ = std::move(other.memory_);
    return *this;
  }

  float* data() { return memory_.get(); }
  const float* data() const { return memory_.get(); }
  std::size_t size() const { return size_; }
  float* begin() { return data(); }
  float* end() { return data() + size_; }
  const float* begin() const { return data(); }
  const float* end() const { return data() + size_; }

 private:
  std::size_t size_ = 0;
  AlignedMemory memory_;
};

}  // namespace signflip
