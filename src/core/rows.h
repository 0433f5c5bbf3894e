// Rows of numbers: one image, or the logits or gradients of one image, per row, row after row in
// one piece of memory. Arithmetic on a row is in core/eigen_map.h.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

namespace signflip {

/// A view of count × width values, row by row. Rows<T> becomes Rows<const T> by itself, and a span
/// of all its values.
template <class T>
class Rows {
 public:
  Rows() = default;
  /// `values` holds whole rows of `width` > 0 values.
  Rows(std::span<T> values, std::size_t width) : values_(values), width_(width) {}
  template <class U>
  requires std::is_same_v<const U, T> Rows(Rows<U> rows) : Rows(rows.values(), rows.width()) {}

  std::size_t count() const { return width_ == 0 ? 0 : values_.size() / width_; }
  std::size_t width() const { return width_; }
  std::span<T> operator[](std::size_t row) const { return values_.subspan(row * width_, width_); }
  /// Rows 0 … count−1.
  Rows first(std::size_t count) const { return {values_.first(count * width_), width_}; }
  /// Rows first … first+count−1.
  Rows middle(std::size_t first, std::size_t count) const {
    return {values_.subspan(first * width_, count * width_), width_};
  }

  std::span<T> values() const { return values_; }
  operator std::span<T>() const { return values_; }
  operator std::span<const T>() const requires(!std::is_const_v<T>) { return values_; }

 private:
  std::span<T> values_;
  std::size_t width_ = 0;
};

/// Rows that own their memory.
template <class T>
class RowBuffer {
 public:
  RowBuffer() = default;
  /// All values are 0.
  RowBuffer(std::size_t count, std::size_t width) : values_(count * width), width_(width) {}
  explicit RowBuffer(Rows<const T> rows)
      : values_(rows.values().begin(), rows.values().end()), width_(rows.width()) {}

  std::size_t count() const { return rows().count(); }
  std::size_t width() const { return width_; }
  std::span<T> operator[](std::size_t row) { return rows()[row]; }
  std::span<const T> operator[](std::size_t row) const { return rows()[row]; }
  Rows<T> first(std::size_t count) { return rows().first(count); }
  Rows<const T> first(std::size_t count) const { return rows().first(count); }
  void fill(T value) { std::fill(values_.begin(), values_.end(), value); }

  Rows<T> rows() { return {values_, width_}; }
  Rows<const T> rows() const { return {values_, width_}; }
  operator Rows<T>() { return rows(); }
  operator Rows<const T>() const { return rows(); }

 private:
  std::vector<T> values_;
  std::size_t width_ = 0;
};

/// Copies `from` to the front of `to`.
inline void copy_row(std::span<const float> from, std::span<float> to) {
  std::copy(from.begin(), from.end(), to.begin());
}

}  // namespace signflip
